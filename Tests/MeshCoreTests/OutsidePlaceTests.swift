import MeshCore
import TestSupport
import Testing

@Suite struct OutsidePlaceTests {
    private static let inside: [(place: String, url: String)] = [
        ("https://api.example.com/", "https://api.example.com"),
        ("https://api.example.com", "https://api.example.com/v1?q=/../#x"),
        ("https://api.example.com/v1", "https://api.example.com/v1"),
        ("https://api.example.com/v1", "https://API.example.com:443/v1/charges"),
        ("https://api.example.com/v1/", "https://api.example.com/v1/charges?a=b"),
        ("https://*.example.com/", "https://a.b.example.com/x"),
        ("http://127.0.0.1:9000/", "http://127.0.0.1:9000/x"),
        ("http://[::1]:9000", "http://[::1]:9000/x"),
        ("*", "http://anything/at/all"),
    ]
    private static let outside: [(place: String, url: String)] = [
        ("https://api.example.com/v1", "https://api.example.com/v10"),
        ("https://api.example.com/v1/", "https://api.example.com/v1"),
        ("https://api.example.com/", "http://api.example.com/"),
        ("https://api.example.com/", "https://api.example.com:8443/"),
        ("https://api.example.com/", "https://api.example.com.evil.org/"),
        ("https://*.example.com/", "https://example.com/"),
        ("https://*.example.com/", "https://evilexample.com/"),
        ("https://api.example.com/v1/", "https://api.example.com/V1/x"),
    ]

    @Test(arguments: inside) func `a place contains what lies below it`(_ row: (place: String, url: String)) throws {
        #expect(try OutsidePlace(row.place).contains(OutsideURL(row.url)))
    }

    @Test(arguments: outside) func `a place contains nothing else`(_ row: (place: String, url: String)) throws {
        #expect(try !OutsidePlace(row.place).contains(OutsideURL(row.url)))
    }

    @Test(arguments: [
        "api.example.com/x", "ftp://api.example.com/", "https://", "https:///x", "https://user:key@api.example.com/",
        "https://api.example.com:0/", "https://api.example.com:65536/", "https://api.example.com:+1/", "https://a b/",
        "https://api.example.com\\@evil.org/", "https://api.example.com/v1/../admin",
        "https://api.example.com/v1/%2e%2E/admin", "https://api.example.com/v1/..%2Fadmin",
        "https://api.example.com/v1/%252e%252e/admin", "https://api.example.com/v1/.%2e%5Cadmin",
        "https://api.example.com/v1/..;/admin", "https://api.example.com/v1/..;x=1/admin",
        "https://api.example.com/v1/..%3b/admin", "https://api.example.com/v1/..%00/admin",
        "https://api.example.com/v1/.", "https://bücher.example/", "https://[::1",
    ])
    func `a URL that a grant couldn't judge isn't read`(_ text: String) {
        #expect(throws: OutsideURL.Problem.self) { try OutsideURL(text) }
    }

    @Test(arguments: [
        "http:", "http:api.example.com", "http:https://*", "http:https://a*.example.com/", "http:https://*.com/",
        "http:https://api.example.com/?q", "secret:@https://a.example/", "secret:a/b@https://a.example/",
        "secret:.hidden@https://a.example/", "secret:key", "files:/etc", "",
    ])
    func `what is no capability is refused with the forms that there are`(_ text: String) {
        let error = #expect(throws: MeshError.self) { try Capability(text) }
        #expect(error?.code == .invalidRequest && error?.message.contains("secret:NAME@https://") == true)
    }

    @Test func `a capability reads as it was written`() throws {
        for text in ["http:*", "http:https://*.example.com/v1", "secret:a-key.2@https://api.example.com/"] {
            #expect(try Capability(text).description == text)
        }
    }

    /// A URL built from a place and steps lies in it, and never in the place with another host, scheme, port or first step.
    @Test func `what lies in a place is decided by its parts, whatever they are`() throws {
        var random = Seed()
        func word() -> String {
            String(
                (0..<Int.random(in: 1...6, using: &random)).map { _ in "abc-12".randomElement(using: &random) ?? "a" })
        }
        for _ in 0..<500 {
            let (host, step, port) = (word() + "." + word(), word(), Int.random(in: 1...65535, using: &random))
            let place = try OutsidePlace("https://\(host):\(port)/\(step)")
            let rest = (0..<Int.random(in: 0...3, using: &random)).map { _ in "/" + word() }.joined()
            #expect(place.contains(try OutsideURL("https://\(host):\(port)/\(step)\(rest)")))
            #expect(!place.contains(try OutsideURL("https://\(host)x:\(port)/\(step)\(rest)")))
            #expect(!place.contains(try OutsideURL("https://x.\(host):\(port)/\(step)\(rest)")))
            #expect(!place.contains(try OutsideURL("http://\(host):\(port)/\(step)\(rest)")))
            #expect(!place.contains(try OutsideURL("https://\(host):\(port % 65535 + 1)/\(step)\(rest)")))
            #expect(!place.contains(try OutsideURL("https://\(host):\(port)/\(step)x\(rest)")))
        }
    }

    @Test func `secrets are put where they are named, and what one holds isn't looked at again`() throws {
        let filled = try SecretName.fill("Bearer {{secret:a}}, {{secret:b-1}}!") { name throws(MeshError) in
            name == "a" ? "{{secret:b-1}}" : "two"
        }
        #expect(filled == "Bearer {{secret:b-1}}, two!")
        for text in ["{{secret:a", "{{secret:}}", "{{secret:../x}}", "{{secret:.x}}"] {
            #expect(throws: MeshError.self) { try SecretName.fill(text) { _ throws(MeshError) in "" } }
        }
    }

    @Test(arguments: [
        ("https://API.example.com", "https://api.example.com"),
        ("https://api.example.com:443/", "https://api.example.com"),
        ("http://10.0.0.1:8080", "http://10.0.0.1:8080"), ("http://[::1]:80/", "http://[::1]"),
    ])
    func `an origin is written one way`(_ row: (text: String, origin: String)) throws {
        #expect(try OutsideURL.origin(row.text) == row.origin)
    }

    @Test(arguments: [
        "https://a.example/v1", "https://a.example?x", "https://a.example/#x", "a.example", "ftp://a.example", "",
    ])
    func `what is more than an origin, or less, is refused`(_ text: String) {
        #expect(throws: MeshError.self) { try OutsideURL.origin(text) }
    }
}
