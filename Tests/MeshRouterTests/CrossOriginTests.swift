import HTTPServer
import TestSupport
import Testing

@testable import MeshRouter

/// What browsers are told about pages of other origins (the Fetch standard, "CORS protocol").
@Suite struct CrossOriginTests {
    @Test(arguments: [
        ("https://app.example.com", "https://app.example.com", true),
        ("https://app.example.com", "https://app.example.com:444", false),
        ("https://app.example.com", "http://app.example.com", false),
        ("https://app.example.com", "https://app.example.com.evil.test", false),
        ("https://app.example.com", "null", false),
        ("https://a.test, http://localhost:*", "http://localhost:5173", true),
        ("https://a.test, http://localhost:*", "https://a.test", true),
        ("http://localhost:*", "http://localhost", false),
        ("http://localhost:*", "http://localhost:5173.evil.test", false),
        ("http://localhost:*", "http://localhost:8@evil.test", false),
        ("*", "null", true),
    ])
    func `an origin is one of the list, as it is written`(list: String, origin: String, isAllowed: Bool) {
        #expect(CrossOrigin.problem(list) == nil)
        #expect(CrossOrigin(list).allows(origin) == isAllowed)
    }

    @Test(arguments: [
        "app.example.com", "https://", "https://app.example.com/", "https://App.example.com", "https://*.example.com",
        "ftp://a.test", "https://a.test:*:*", "https://:8080", "https://a.test https://b.test",
    ])
    func `what is no origin is told`(list: String) {
        #expect(CrossOrigin.problem(list)?.contains(list.prefix(10)) == true, "\(CrossOrigin.problem(list) ?? "")")
    }

    @Test(arguments: [
        ("/shop.Orders/place", true), ("/events", true), ("/api/v1/calls/x", true), ("/api/v1/tokens", false),
        ("/api/v1/calls", false), ("/ui/", false), ("/ui/app.js", false), ("/metrics", false), ("/", false),
        ("/api", false),
    ])
    func `only what is for callers is open`(path: String, isOpen: Bool) {
        #expect(CrossOrigin.isForCallers(path) == isOpen)
    }

    private static let ours: (String, String) = ("Origin", "https://app.example.com")

    @Test func `a page of an allowed origin calls a method, and reads the answer, errors too`() async throws {
        try await withRouter(configure: { $0.crossOrigin = CrossOrigin("https://app.example.com") }) { mesh in
            let asked = try await mesh.request(
                "OPTIONS", "/shop.Orders/count",
                [Self.ours, ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "mesh-key")])
            #expect(asked.status == 204 && asked.headers["Access-Control-Allow-Origin"] == Self.ours.1)
            #expect(asked.headers["Access-Control-Allow-Headers"]?.contains("Mesh-Key") == true)
            #expect(asked.headers["Access-Control-Allow-Methods"] == "GET, POST" && asked.headers["Vary"] == "Origin")
            let answer = try await mesh.call("shop.Orders/count", #"{"id":"o-7"}"#, [Self.ours])
            #expect(answer.status == 200 && answer.headers["Access-Control-Allow-Origin"] == Self.ours.1)
            #expect(answer.headers["Access-Control-Expose-Headers"]?.contains("Mesh-Call-Id") == true)
            #expect(answer.headers["Access-Control-Allow-Credentials"] == nil)
            let refused = try await mesh.call("shop.Orders/count", "{}", [Self.ours])
            #expect(refused.status == 400 && refused.headers["Access-Control-Allow-Origin"] == Self.ours.1)
            let polled = try await mesh.request("GET", "/api/v1/calls/none", [Self.ours])
            #expect(polled.status == 404 && polled.headers["Access-Control-Allow-Origin"] == Self.ours.1)
        }
    }

    @Test func `nobody else's page may, and none may reach the control plane`() async throws {
        try await withRouter(configure: { $0.crossOrigin = CrossOrigin("https://app.example.com") }) { mesh in
            let theirs = ("Origin", "https://evil.test")
            let method = ("Access-Control-Request-Method", "POST")
            let asked = try await mesh.request("OPTIONS", "/shop.Orders/count", [theirs, method])
            #expect(asked.status >= 400 && asked.headers["Access-Control-Allow-Origin"] == nil)
            #expect(asked.headers["Vary"] == "Origin", "a cache must not hand this to others")
            let answer = try await mesh.call("shop.Orders/count", #"{"id":"o-7"}"#, [theirs])
            #expect(answer.headers["Access-Control-Allow-Origin"] == nil)
            for path in ["/api/v1/tokens", "/ui/", "/metrics"] {
                for verb in ["OPTIONS", "GET"] {
                    let answer = try await mesh.request(verb, path, [Self.ours, method])
                    #expect(answer.headers["Access-Control-Allow-Origin"] == nil, "\(verb) \(path)")
                }
            }
        }
    }

    @Test func `a router that wasn't told of origins says nothing of them`() async throws {
        try await withRouter { mesh in
            let asked = try await mesh.request(
                "OPTIONS", "/shop.Orders/count", [Self.ours, ("Access-Control-Request-Method", "POST")])
            #expect(asked.status >= 400 && asked.headers["Access-Control-Allow-Origin"] == nil)
            let answer = try await mesh.call("shop.Orders/count", #"{"id":"o-7"}"#, [Self.ours])
            #expect(answer.headers["Access-Control-Allow-Origin"] == nil && answer.headers["Vary"] == nil)
        }
    }
}
