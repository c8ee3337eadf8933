import HTTPServer
import MeshCore
import Postgres
import TestSupport
import Testing

@testable import MeshRouter

@Suite struct CallTests {
    private let place = #"{"order":{"customer":"c-1","items":[{"sku":"a","quantity":1}]}}"#

    @Test func `a call goes through Kafka and its answer comes back as it is`() async throws {
        try await withRouter(answer: { _ in (.ok, #"{"id":"o-1","customer":"c-1"}"#) }) { mesh in
            let answer = try await mesh.call(
                "shop.Orders/place", place, [("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
            )
            #expect(answer.status == 200)
            #expect(answer.text == #"{"id":"o-1","customer":"c-1"}"#)
            #expect(answer.headers["Content-Type"] == "application/json")
            let message = try #require(mesh.responder.messages.all.first)
            #expect(message.type == "shop.Orders/place")
            #expect(message.key == "c-1")
            #expect(message.source == "/http")
            #expect(String(decoding: message.data, as: UTF8.self) == place)
            #expect(message.extensions.traceparent == "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
            #expect(message.extensions.deadline != nil)
            #expect(answer.headers["Mesh-Call-Id"] == message.id)
        }
    }

    @Test func `keys come from the rule, then Mesh-Key, then the call's id`() async throws {
        try await withRouter { mesh in
            _ = try await mesh.call("shop.Orders/count", #"{"id":"o-7"}"#, [("Mesh-Key", "ignored")])
            _ = try await mesh.call("shop.Orders/forget", "{}", [("Mesh-Key", "mine")])
            let answer = try await mesh.call("shop.Orders/forget", "{}")
            let messages = mesh.responder.messages.all
            #expect(Set(messages.map(\.key)) == ["o-7", "mine", answer.headers["Mesh-Call-Id"]])
        }
    }

    @Test func `a method of another role than is wanted isn't called`() async throws {
        try await withRouter { mesh in
            let wrong = try await mesh.call("shop.Orders/place", place, [("Mesh-Method-Role", "query")])
            #expect(wrong.status == 400 && wrong.member("mesh.code") == "FAILED_PRECONDITION", "\(wrong.text)")
            #expect(wrong.text.contains("nothing was called"))
            let none = try await mesh.call("shop.Orders/place", place, [("Mesh-Method-Role", "nonsense")])
            #expect(none.status == 400 && none.member("mesh.code") == "INVALID_REQUEST", "\(none.text)")
            #expect(none.text.contains("it is handler, workflow, signal or query"))
            let right = try await mesh.call("shop.Orders/place", place, [("Mesh-Method-Role", "handler")])
            #expect(right.status == 200, "\(right.text)")
            #expect(mesh.responder.messages.all.count == 1)
        }
    }

    @Test func `a guest's own error arrives with its code and details`() async throws {
        let error = MeshError(
            .failedPrecondition, "none left", details: #"{"sku":"a"}"#, applicationCode: "OUT_OF_STOCK")
        try await withRouter(answer: { _ in (.error, error.json) }) { mesh in
            let answer = try await mesh.call("shop.Orders/place", place)
            #expect(answer.status == 400)
            #expect(answer.member("code") == "failed_precondition")
            #expect(answer.member("mesh.code") == "OUT_OF_STOCK")
            #expect(answer.member("mesh.details.sku") == "a")
        }
    }

    @Test(arguments: [
        (ErrorCode.conflict, 409, "aborted"), (.notFound, 404, "not_found"), (.providerUnavailable, 503, "unavailable"),
    ])
    func `the class of a guest's own error decides on the Connect code and the status`(
        errorClass: ErrorCode, status: Int, connectCode: String
    ) async throws {
        let error = MeshError(errorClass, "none left", applicationCode: "OUT_OF_STOCK")
        try await withRouter(answer: { _ in (.error, error.json) }) { mesh in
            let answer = try await mesh.call("shop.Orders/place", place)
            #expect(answer.status == status)
            #expect(answer.member("code") == connectCode)
            #expect(answer.member("mesh.code") == "OUT_OF_STOCK")
            #expect(answer.member("mesh.class") == errorClass.rawValue)
        }
    }

    @Test func `bad input is refused with a clear error and nothing is accepted`() async throws {
        try await withRouter { mesh in
            for (method, body, status, code) in BadInput.calls {
                let answer = try await mesh.client.request(
                    "POST", mesh.url + "/" + method, headers: ["Content-Type": "application/json"], body: body)
                #expect(answer.status == status, "\(method) \(answer.text)")
                #expect(answer.member("mesh.code") == code, "\(method) \(answer.text)")
                #expect(answer.member("message")?.isEmpty == false)
            }
            #expect(mesh.responder.messages.count == 0)
            #expect(try await mesh.pool.query(.oneOff("SELECT count(*) FROM mesh.outbox")).first?.int64(0) == 0)
        }
    }

    @Test func `a path has one form, so that nobody gets past whoever guards paths in front`() async throws {
        try await withRouter { mesh in
            for path in [
                "//shop.Orders/forget", "/shop.Orders//forget", "/shop.Orders%2Fforget", "/shop.Orders/forget/",
            ] {
                #expect(try await mesh.post(path, "{}", []).status == 404, "\(path)")
            }
            let control = try await mesh.client.request(
                "GET", mesh.url + "//api/v1/services", headers: ["Authorization": "Bearer " + mesh.token], body: nil)
            #expect(control.status == 404)
        }
    }

    @Test func `other content types, methods and encodings are refused as the protocol has it`() async throws {
        try await withRouter { mesh in
            let proto = try await mesh.post("/shop.Orders/forget", "{}", [("Content-Type", "application/proto")])
            #expect(proto.status == 415)
            #expect(proto.headers["Accept-Post"] == "application/json")
            let brotli = try await mesh.call("shop.Orders/forget", "{}", [("Content-Encoding", "br")])
            #expect(brotli.status == 501)
            #expect(brotli.member("code") == "unimplemented")
            let notGzip = try await mesh.call("shop.Orders/forget", "{}", [("Content-Encoding", "gzip")])
            #expect(notGzip.status == 400)
            #expect(notGzip.member("message")?.contains("isn't gzip") == true)
            let get = try await mesh.get("/shop.Orders/forget?encoding=json&message=%7B%7D")
            #expect(get.status == 405)
            #expect(get.headers["Allow"] == "POST")
        }
    }

    @Test func `a body over the limit is refused before it is read`() async throws {
        try await withRouter(configure: { $0.bodyBytes = 1000 }) { mesh in
            let large = try await mesh.client.request(
                "POST", mesh.url + "/shop.Orders/forget", headers: ["Content-Type": "application/json"],
                body: [UInt8](repeating: 0x20, count: 100 << 20))
            #expect(large.status == 413)
            #expect(large.member("mesh.code") == "RESOURCE_EXHAUSTED")
            #expect(large.member("message")?.contains("1000 bytes") == true)
        }
    }

    @Test func `a deadline ends the waiting with the call's id, and travels with the call`() async throws {
        try await withRouter(answer: { _ in nil }) { mesh in
            let start = ContinuousClock.now
            let answer = try await mesh.call("shop.Orders/forget", "{}", [("Connect-Timeout-Ms", "300")])
            let took = start.duration(to: .now)
            #expect(answer.status == 504)
            #expect(answer.member("code") == "deadline_exceeded")
            #expect(answer.member("mesh.details.call") == answer.headers["Mesh-Call-Id"])
            #expect(took >= .milliseconds(290) && took < .seconds(5))
            #expect(mesh.router.waiting.count == 0)
            let messages = try await mesh.responder.messages.wait(for: 1)
            let wait = try #require(messages[0].extensions.deadline).microseconds - messages[0].time.microseconds
            #expect(wait == 300_000)
        }
    }

    @Test func `an answer that comes too late is dropped and counted`() async throws {
        try await withRouter(answer: { _ in nil }) { mesh in
            _ = try await mesh.call("shop.Orders/forget", "{}", [("Connect-Timeout-Ms", "50")])
            let message = try await mesh.responder.messages.wait(for: 1)[0]
            mesh.responder.reply(to: message, .ok, "{}")
            try await eventually {
                try await mesh.get("/metrics").text.contains("wasmesh_router_replies_total{outcome=\"unawaited\"} 1")
            }
        }
    }

    @Test func `a caller that goes away stops waiting`() async throws {
        try await withRouter(answer: { _ in nil }) { mesh in
            let calling = Task { try await mesh.call("shop.Orders/forget", "{}") }
            try await mesh.responder.messages.wait(for: 1)
            #expect(mesh.router.waiting.count == 1)
            calling.cancel()
            try await eventually { mesh.router.waiting.count == 0 }
        }
    }

    @Test func `the number of waiting calls has a bound`() async throws {
        try await withRouter(configure: { $0.waitingCalls = 3 }, answer: { _ in nil }) { mesh in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<3 {
                    group.addTask {
                        _ = try await mesh.call("shop.Orders/forget", "{}", [("Connect-Timeout-Ms", "3000")])
                    }
                }
                try await eventually { mesh.router.waiting.count == 3 }
                let refused = try await mesh.call("shop.Orders/forget", "{}")
                #expect(refused.status == 429)
                #expect(refused.headers["Retry-After"] == "1")
                #expect(refused.member("mesh.code") == "RESOURCE_EXHAUSTED")
                group.cancelAll()
            }
        }
    }

    @Test func `many calls at once each get their own answer`() async throws {
        try await withRouter(answer: { message in (.ok, String(decoding: message.data, as: UTF8.self)) }) { mesh in
            let wrong = try await withThrowingTaskGroup(of: Bool.self) { group in
                for index in 0..<500 {
                    group.addTask {
                        let body = "{\"id\":\"\(index)\"}"
                        return try await mesh.call("shop.Orders/count", body).text == body
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 0 : 1) }
            }
            #expect(wrong == 0)
            #expect(mesh.responder.messages.count == 500)
        }
    }
}

/// What must be refused (issue 2, section 7), with status and code.
enum BadInput {
    static let calls: [(String, [UInt8], Int, String)] = [
        ("shop.Orders/place", Array("nope".utf8), 400, "INVALID_REQUEST"),
        ("shop.Orders/place", [], 400, "INVALID_REQUEST"),
        (
            "shop.Orders/place", Array(#"{"order":{"customer":"c","items":[{"sku":"a","quantity":101}]}}"#.utf8), 400,
            "INVALID_REQUEST"
        ),
        ("shop.Orders/place", Array(#"{"order":{"customer":1,"items":[]}}"#.utf8), 400, "INVALID_REQUEST"),
        ("shop.Orders/place", Array(#"{"order":{"items":[]}}"#.utf8), 400, "INVALID_REQUEST"),
        ("shop.Orders/place", Array(#"{"order":{"customer":"c","items":[],"extra":1}}"#.utf8), 400, "INVALID_REQUEST"),
        (
            "shop.Orders/place", Array(#"{"order":{"customer":"c","customer":"d","items":[]}}"#.utf8), 400,
            "INVALID_REQUEST"
        ),
        ("shop.Orders/count", [UInt8](#"{"id":""#.utf8) + [0xFF, 0xFE] + [UInt8](#""}"#.utf8), 400, "INVALID_REQUEST"),
        ("shop.Orders/count", Array(#"{"id":"\u0000"}"#.utf8), 400, "INVALID_REQUEST"),
        ("shop.Orders/place", [UInt8](repeating: UInt8(ascii: "["), count: 100_000), 400, "INVALID_REQUEST"),
        ("shop.Orders/nope", Array("{}".utf8), 404, "NOT_FOUND"),
        ("nope.Nope/nope", Array("{}".utf8), 404, "NOT_FOUND"),
        ("shop.Orders/nightly", Array("{}".utf8), 404, "NOT_FOUND"),
        ("shop.Orders/orderPlaced", Array("{}".utf8), 404, "NOT_FOUND"),
        ("billing.Invoices/onOrderPlaced", Array("{}".utf8), 404, "NOT_FOUND"),
        ("", Array("{}".utf8), 404, "NOT_FOUND"),
    ]
}
