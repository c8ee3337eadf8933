import HTTPServer
import MeshCore
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import MeshRouter

@Suite struct IdempotencyTests {
    /// Answers each call with another number.
    private func counting() -> TestResponder.Answer {
        let count = Mutex(0)
        return { _ in
            let number = count.withLock { count in
                count += 1
                return count
            }
            return (.ok, "{\"value\":\(number)}")
        }
    }

    @Test func `the same key and body get the stored answer, and nothing runs twice`() async throws {
        try await withRouter(answer: counting()) { mesh in
            let key = [("Idempotency-Key", "\"k-1\"")]
            let first = try await mesh.call("shop.Orders/count", #"{"id":"a"}"#, key)
            let second = try await mesh.call("shop.Orders/count", #"{"id":"a"}"#, [("Idempotency-Key", "k-1")])
            #expect(first.status == 200 && second.status == 200)
            #expect(first.text == second.text)
            #expect(first.headers["Mesh-Call-Id"] == second.headers["Mesh-Call-Id"])
            #expect(mesh.responder.messages.count == 1)
            // Another method has keys of its own, and without a key every call is a new one.
            #expect(try await mesh.call("shop.Orders/forget", "{}", key).text != first.text)
            #expect(try await mesh.call("shop.Orders/count", #"{"id":"a"}"#).text != first.text)
        }
    }

    @Test func `another body under the same key is a conflict`() async throws {
        try await withRouter(answer: counting()) { mesh in
            let key = [("Idempotency-Key", "k-1")]
            let first = try await mesh.call("shop.Orders/count", #"{"id":"a"}"#, key)
            let second = try await mesh.call("shop.Orders/count", #"{"id":"b"}"#, key)
            #expect(second.status == 409)
            #expect(second.member("mesh.code") == "CONFLICT")
            #expect(second.member("mesh.details.call") == first.headers["Mesh-Call-Id"])
            #expect(mesh.responder.messages.count == 1)
        }
    }

    @Test func `another key of the call under the same idempotency key is a conflict`() async throws {
        try await withRouter(answer: counting()) { mesh in
            func call(_ method: String, _ body: String, key: String?) async throws -> HTTPClient.Response {
                try await mesh.call(
                    "shop.Orders/" + method, body, [("Idempotency-Key", "k-1")] + (key.map { [("Mesh-Key", $0)] } ?? [])
                )
            }
            let first = try await call("forget", "{}", key: "o-1")
            #expect(try await call("forget", "{}", key: "o-1").text == first.text)
            for other in ["o-2", nil] {
                let refused = try await call("forget", "{}", key: other)
                #expect(refused.status == 409 && refused.member("mesh.code") == "CONFLICT", "\(refused.text)")
                #expect(refused.member("mesh.details.call") == first.headers["Mesh-Call-Id"])
            }
            // Here the arguments say the key, whatever the header does.
            let ruled = try await call("count", #"{"id":"a"}"#, key: nil)
            #expect(try await call("count", #"{"id":"a"}"#, key: "b").text == ruled.text)
            #expect(mesh.responder.messages.count == 2)
        }
    }

    @Test func `another time under the same key is a conflict, the same one a repetition, whenever it comes`()
        async throws
    {
        try await withRouter(answer: counting()) { mesh in
            func call(_ key: String, _ time: (String, String)?) async throws -> HTTPClient.Response {
                try await mesh.call(
                    "shop.Orders/count", #"{"id":"a"}"#,
                    [("Idempotency-Key", key), ("Prefer", "respond-async")] + (time.map { [$0] } ?? []))
            }
            let times = [
                ("Mesh-Delay-Ms", "3600000"), ("Mesh-Due", "2090-01-31T08:00:00Z"),
                ("Mesh-Due", "2020-01-31T08:00:00Z"),
            ]
            let others: [(String, String)?] = [("Mesh-Delay-Ms", "3600001"), ("Mesh-Due", "2090-01-31T08:00:01Z"), nil]
            for (index, time) in times.enumerated() {
                let first = try await call("k-\(index)", time)
                #expect(first.status == 202, "\(first.text)")
                #expect(try await call("k-\(index)", time).text == first.text)
                for other in others {
                    let refused = try await call("k-\(index)", other)
                    #expect(refused.status == 409 && refused.member("mesh.code") == "CONFLICT", "\(refused.text)")
                }
            }
        }
    }

    @Test func `repetitions at the same time wait for the one call`() async throws {
        try await withRouter(answer: counting()) { mesh in
            let answers = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        try await mesh.call("shop.Orders/count", #"{"id":"a"}"#, [("Idempotency-Key", "k")]).text
                    }
                }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(answers == ["{\"value\":1}"])
            #expect(mesh.responder.messages.count == 1)
        }
    }

    @Test func `a repetition counts among the calls that wait for as long as it waits`() async throws {
        try await withRouter(configure: { $0.waitingCalls = 2 }, answer: { _ in nil }) { mesh in
            func call(_ milliseconds: Int) async throws -> HTTPClient.Response {
                try await mesh.call(
                    "shop.Orders/count", #"{"id":"a"}"#,
                    [("Idempotency-Key", "k"), ("Connect-Timeout-Ms", "\(milliseconds)")])
            }
            async let first = call(5000)
            try await eventually("the call itself") { mesh.responder.messages.count == 1 }
            async let second = call(4000)
            try await eventually("its repetition") { mesh.router.health.json.contains(#""waitingCalls":2"#) }
            for _ in 0..<4 {
                let refused = try await call(300)
                #expect(refused.status == 429 && refused.member("mesh.code") == "RESOURCE_EXHAUSTED", "\(refused.text)")
            }
            #expect(try await [first.status, second.status] == [504, 504])
        }
    }

    @Test func `an error is stored like an answer`() async throws {
        let error = MeshError(.failedPrecondition, "none left", applicationCode: "OUT_OF_STOCK")
        try await withRouter(answer: { _ in (.error, error.json) }) { mesh in
            for _ in 0..<2 {
                let answer = try await mesh.call("shop.Orders/forget", "{}", [("Idempotency-Key", "k")])
                #expect(answer.status == 400)
                #expect(answer.member("mesh.code") == "OUT_OF_STOCK")
            }
            #expect(mesh.responder.messages.count == 1)
        }
    }

    @Test func `what a key's call came to is nothing that the same request could change`() async throws {
        let late = MeshError(.deadlineExceeded, "the deadline passed before the call could start", retryable: true)
        try await withRouter(answer: { _ in (.error, late.json) }) { mesh in
            for _ in 0..<2 {
                let answer = try await mesh.call("shop.Orders/forget", "{}", [("Idempotency-Key", "k")])
                #expect(answer.status == 504 && answer.member("mesh.retryable") == "false", "\(answer.text)")
                #expect(answer.member("message")?.contains("take a new Idempotency-Key") == true, "\(answer.text)")
            }
            let other = try await mesh.call("shop.Orders/forget", "{}")
            #expect(other.member("mesh.retryable") == "true" && other.member("message") == late.message)
        }
    }

    @Test func `a call can be accepted now and polled later`() async throws {
        try await withRouter(answer: { _ in nil }) { mesh in
            let accepted = try await mesh.call("shop.Orders/forget", "{}", [("Prefer", "respond-async")])
            #expect(accepted.status == 202)
            let id = try #require(accepted.member("id"))
            #expect(accepted.headers["Location"] == "/api/v1/calls/\(id)")
            #expect(accepted.headers["Preference-Applied"] == "respond-async")
            let pending = try await mesh.get("/api/v1/calls/\(id)")
            #expect(pending.status == 200)
            #expect(pending.member("state") == "pending")
            let message = try await mesh.responder.messages.wait(for: 1)[0]
            #expect(message.id == id)
            #expect(
                message.extensions.replyTo == nil && message.extensions.keepsResult
                    && message.extensions.deadline == nil)
            mesh.responder.reply(to: message, .ok, #"{"value":7}"#)
            try await eventually { try await mesh.get("/api/v1/calls/\(id)").member("state") == "done" }
            #expect(try await mesh.get("/api/v1/calls/\(id)").member("answer.value") == "7")
        }
    }

    @Test func `a call nobody knows can't be polled`() async throws {
        try await withRouter { mesh in
            let answer = try await mesh.get("/api/v1/calls/0199f2c4-0000-7000-8000-000000000000")
            #expect(answer.status == 404)
            #expect(answer.member("code") == "NOT_FOUND")
        }
    }
}
