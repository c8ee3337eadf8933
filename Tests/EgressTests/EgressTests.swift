import Foundation
@testable import HTTPServer
import MeshCore
import Postgres
@testable import Outbox
import Synchronization
import TestSupport
import Testing

@testable import Egress

/// Calls to the outside on a real Postgres and over real HTTP, from the stored call to its answer in the SQL lane.
@Suite struct EgressTests {
    @Test func `a call is made once, and its answer goes to the workflow in the transaction that removes it`()
        async throws
    {
        try await Outside.run(answering: { _ in .json(#"{"rate": "1.08"}"#) }) { outside in
            try await outside.grant("http:\(outside.origin)/")
            try await outside.call("c-1", outside.get("/rates?base=EUR"))
            try await outside.withEgress {
                let answer = try #require(try await outside.answers(1).first)
                #expect(answer.operation == "1.3.1.abc" && answer.status == "ok")
                #expect(answer.data.text("status") == "200" && answer.data.text("body") == #"{"rate": "1.08"}"#)
                let types = answer.data["headers"]?.elements.filter { $0.text("name") == "content-type" }
                #expect(types?.map { $0.text("value") } == ["application/json"])
            }
            #expect(try await outside.value("SELECT count(*) FROM mesh.http_call") == "0")
            #expect(outside.seen.all.map(\.path) == ["/rates"])
        }
    }

    @Test func `a call that comes while it waits is told by Postgres`() async throws {
        try await Outside.run { outside in
            try await outside.grant("http:\(outside.origin)/")
            // It doesn't look by itself within this test; before it listens nobody is told.
            try await outside.withEgress(look: .seconds(3600)) {
                var number = 0
                try await eventually("a call to be made", within: .seconds(30)) {
                    number += 1
                    try await outside.call("c-\(number)", outside.get())
                    // Time for this one to be heard of, before there is another.
                    try await Task.sleep(for: .milliseconds(300))
                    return outside.seen.count > 0
                }
            }
        }
    }

    @Test func `without a grant nothing is sent, and the answer says what would allow it`() async throws {
        try await Outside.run { outside in
            try await outside.grant("http:\(outside.origin)/v1/")
            try await outside.call("c-1", outside.get("/v2/charges"))
            try await outside.withEgress {
                let answer = try #require(try await outside.answers(1).first)
                #expect(answer.status == "error" && answer.data.text("code") == "PERMISSION_DENIED")
                #expect(answer.data.text("message").contains("wasmesh grants add shop.Orders http:\(outside.origin)/"))
                #expect(answer.data.text("retryable") == "false")
            }
            #expect(outside.seen.count == 0)
        }
    }

    @Test func `a secret is sent where it may go, and stands nowhere else`() async throws {
        let folder = NSTemporaryDirectory() + TestEnvironment.uniqueName("secrets")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try "s3cret\n".write(toFile: folder + "/key", atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await Outside.run { outside in
            func request(_ path: String) -> String {
                #"{"method": "POST", "url": "\#(outside.origin)\#(path)", "headers": [{"name": "Authorization", "value": "Bearer {{secret:key}}"}], "body": "{{secret:key}}"}"#
            }
            try await outside.grant("http:\(outside.origin)/", "secret:key@\(outside.origin)/paid/")
            try await outside.call("c-1", request("/paid/x"))
            try await outside.call("c-2", request("/free/x"), of: "w-2")
            try await outside.withEgress(secrets: folder) {
                let answers = try await outside.answers(2)
                #expect(Set(answers.map(\.status)) == ["ok", "error"])
                let refused = answers.first { $0.status == "error" }
                #expect(refused?.data.text("code") == "PERMISSION_DENIED")
                #expect(refused?.data.text("message").contains("secret:key@\(outside.origin)/") == true)
            }
            let seen = try #require(outside.seen.all.first)
            #expect(outside.seen.count == 1 && seen.headers["Authorization"] == "Bearer s3cret")
            // Bodies are the workflow's own.
            #expect(String(decoding: seen.body, as: UTF8.self) == "{{secret:key}}")
            #expect(try await outside.value("SELECT count(*) FROM mesh.outbox_sql WHERE data LIKE '%s3cret%'") == "0")
        }
    }

    @Test func `an answer that says later is an error that may be tried again`() async throws {
        let limited = HTTPResponse(status: 429, headers: ["Retry-After": "7"], body: Array("slow down".utf8))
        try await Outside.run(answering: { request in
            switch request.path {
            case "/limit": limited
            case "/broken": HTTPResponse(status: 500)
            default: HTTPResponse(status: 404)
            }
        }) { outside in
            try await outside.grant("http:\(outside.origin)/")
            try await outside.call("c-1", outside.get("/limit"))
            try await outside.withEgress {
                let error = try #require(try await outside.answers(1).first)
                #expect(error.status == "error" && error.data.text("code") == "PROVIDER_UNAVAILABLE")
                #expect(error.data.text("retryable") == "true")
                #expect(error.data["details"]?.text("status") == "429")
                #expect(error.data["details"]?.text("retryAfter") == "7", "\(error.data)")
                #expect(error.data["details"]?.text("body") == "slow down")
                try await outside.call("c-2", outside.get("/nothing"))
                #expect(try await outside.answers(2).last?.data.text("status") == "404")
                // It may have taken the request: a saga takes such a step back.
                try await outside.call("c-3", outside.get("/broken"))
                #expect(try await outside.answers(3).last?.data.text("code") == "COMMUNICATION_FAILURE")
            }
        }
    }

    @Test func `who isn't there, doesn't answer, or answers too much is told apart`() async throws {
        let large = HTTPResponse(body: [UInt8](repeating: 65, count: 1_200_000))
        try await Outside.run(answering: { request in
            // Longer than that request's timeout.
            if request.path == "/slow" { try? await Task.sleep(for: .seconds(3)) }
            return large
        }) { outside in
            try await outside.grant("http:*")
            try await outside.call("c-1", #"{"method": "GET", "url": "http://127.0.0.1:1/"}"#)
            try await outside.call(
                "c-2", #"{"method": "GET", "url": "\#(outside.origin)/slow", "timeout": "PT0.3S"}"#, of: "w-2")
            try await outside.call("c-3", outside.get("/large"), of: "w-3")
            let statistics = try await outside.withEgress {
                let codes = try await outside.answers(3).map { $0.data.text("code") + " " + $0.data.text("retryable") }
                #expect(
                    codes.sorted() == [
                        "COMMUNICATION_FAILURE false", "COMMUNICATION_FAILURE true", "PROVIDER_UNAVAILABLE true",
                    ])
            }
            #expect(statistics.outcomes == ["COMMUNICATION_FAILURE": 2, "PROVIDER_UNAVAILABLE": 1])
            #expect(statistics.durations.reduce(0, +) == 3 && statistics.durationSum >= 0.3)
        }
    }

    @Test func `what nobody waits for any more isn't sent`() async throws {
        try await Outside.run { outside in
            try await outside.grant("http:*")
            try await outside.call("c-1", outside.get("/late"), deadline: "now() - interval '1 second'")
            try await outside.call("c-2", outside.get("/ended"), of: "w-2")
            try await outside.sql(
                "UPDATE mesh.workflow SET status = 'terminated', ended_at = now() WHERE id = 'w-2'")
            let statistics = try await outside.withEgress {
                try await eventually("both to be gone", within: .seconds(20)) {
                    try await outside.value("SELECT count(*) FROM mesh.http_call") == "0"
                }
            }
            #expect(outside.seen.count == 0 && statistics.outcomes == ["unwanted": 2])
            #expect(try await outside.value("SELECT count(*) FROM mesh.outbox_sql") == "0")
        }
    }

    @Test func `a call whose process is gone isn't sent again: its workflow hears that nobody knows`() async throws {
        try await Outside.run { outside in
            try await outside.grant("http:*")
            try await outside.call("c-1", outside.get())
            #expect(try await outside.store.claim("egress-gone", limit: 10, lease: .zero).count == 1)
            try await outside.withEgress {
                let answer = try #require(try await outside.answers(1).first)
                #expect(answer.data.text("code") == "COMMUNICATION_FAILURE" && answer.data.text("retryable") == "true")
                #expect(answer.data.text("message").contains("egress-gone"))
            }
            #expect(outside.seen.count == 0)
            // The one that was away comes back with an answer, and is told that it isn't its call any more.
            #expect(try await !outside.store.end("c-1", owner: "egress-gone", answer: (.ok, Array("{}".utf8))))
            #expect(try await outside.value("SELECT count(*) FROM mesh.outbox_sql") == "1")
        }
    }

    @Test func `calls that a claim took and didn't tell of are given back, and those under way are not`() async throws {
        try await Outside.run { outside in
            try await outside.grant("http:*")
            for id in ["c-1", "c-2"] { try await outside.call(id, outside.get("/\(id)"), of: id) }
            #expect(try await outside.store.claim("e", limit: 10, lease: .seconds(60)).map(\.id) == ["c-1", "c-2"])
            try await outside.store.release("e", but: ["c-1"])
            let waiting = "SELECT string_agg(id, ',') FROM mesh.http_call WHERE owner IS NULL"
            #expect(try await outside.value(waiting) == "c-2")
            try await outside.withEgress {
                let answer = try await outside.answers(1).first
                #expect(answer?.status == "ok")
            }
            #expect(outside.seen.all.map(\.path) == ["/c-2"])
        }
    }

    @Test func `what a process holds without knowing is answered for, though the process lives`() async throws {
        try await Outside.run(answering: { _ in
            // Longer than the other call's lease, which that process would renew with this one's.
            try? await Task.sleep(for: .seconds(5))
            return .text("hello")
        }) { outside in
            try await outside.grant("http:*")
            try await outside.call("c-1", outside.get())
            try await outside.withEgress {
                try await outside.seen.wait(for: 1)
                // As by a claim that waited for a lock, and committed when its connection was gone.
                try await outside.sql(
                    """
                    INSERT INTO mesh.http_call (id, service, workflow, operation, call_key, request, created_at, owner, started_at, lease_until)
                    SELECT 'c-2', service, workflow, '1.4.1.abc', 'c-2', request, now(), owner, now(), now() + interval '1 second'
                    FROM mesh.http_call WHERE id = 'c-1'
                    """)
                let answers = try await outside.answers(2)
                #expect(answers.map(\.operation) == ["1.4.1.abc", "1.3.1.abc"])
                #expect(answers.map { $0.data.text("code") } == ["COMMUNICATION_FAILURE", ""])
            }
            #expect(outside.seen.count == 1)
        }
    }

    /// As when the database's clock steps forward: every lease has passed, until the living renew theirs.
    @Test func `a living process isn't answered for because its lease has passed for a moment`() async throws {
        try await Outside.run(answering: { _ in
            // Under way for longer than all that follows.
            try? await Task.sleep(for: .seconds(6))
            return .text("hello")
        }) { outside in
            try await outside.grant("http:*")
            try await outside.call("c-1", outside.get())
            let statistics = try await outside.withEgress {
                try await outside.withEgress {
                    try await outside.seen.wait(for: 1)
                    // The other one answers for nobody before it has seen Postgres for a whole lease.
                    try await Task.sleep(for: .seconds(2.5))
                    for _ in 0..<6 {
                        try await outside.sql("UPDATE mesh.http_call SET lease_until = now() - interval '1 hour'")
                        // Out of step with renewals and looks, which come each half second: one of them comes first, now the one, now the other.
                        try await Task.sleep(for: .milliseconds(370))
                    }
                    let answer = try await outside.answers(1).first
                    #expect(answer?.status == "ok")
                }
            }
            #expect(statistics.lost == 0 && outside.seen.count == 1)
        }
    }

    @Test func `the janitor forgets calls that nobody waits for, where no egress runs`() async throws {
        try await Outside.run { outside in
            try await outside.call("c-1", outside.get(), deadline: "now() - interval '1 second'")
            try await outside.call("c-2", outside.get(), of: "w-2")
            try await outside.call("c-3", outside.get(), of: "w-3", deadline: "now() + interval '1 hour'")
            try await outside.sql("UPDATE mesh.workflow SET status = 'terminated', ended_at = now() WHERE id = 'w-2'")
            try await Janitor(outside.pool).expire()
            #expect(try await outside.value("SELECT string_agg(id, ',') FROM mesh.http_call") == "c-3")
        }
    }

    @Test func `a claim whose answer gets lost leaves no call behind`() async throws {
        try await Outside.run { outside in
            try await outside.grant("http:*")
            for number in 1...5 { try await outside.call("c-\(number)", outside.get("/\(number)"), of: "w-\(number)") }
            let cutter = try CommitCutter(
                before: outside.url, statements: ["claim http calls"], plan: [(pass: 0, cut: .beforeAnswer)])
            defer { cutter.stop() }
            let pool = try PostgresPool(PostgresConfiguration(url: cutter.url(outside.url)), size: 2)
            defer { pool.close() }
            try await outside.withEgress(store: HTTPCallStore(pool)) {
                let answers = try await outside.answers(5)
                #expect(answers.allSatisfy { $0.status == "ok" })
            }
            #expect(cutter.done == [.beforeAnswer] && outside.seen.count == 5)
        }
    }

    @Test func `a request without a body says so, and a body without a type isn't called a form`() async throws {
        try await Outside.run { outside in
            try await outside.grant("http:*")
            try await outside.call("c-1", #"{"method": "POST", "url": "\#(outside.origin)/none"}"#)
            try await outside.call("c-2", #"{"method": "POST", "url": "\#(outside.origin)/some", "body": "a=b"}"#)
            try await outside.withEgress { _ = try await outside.answers(2) }
            let seen = Dictionary(outside.seen.all.map { ($0.path, $0) }) { first, _ in first }
            #expect(seen["/none"]?.headers["Content-Length"] == "0")
            #expect(seen["/some"]?.headers["Content-Type"] == nil && seen["/some"]?.body == Array("a=b".utf8))
        }
    }

    @Test func `several processes share calls, and each call is made by one`() async throws {
        try await Outside.run { outside in
            try await outside.grant("http:*")
            for number in 1...60 {
                try await outside.call("c-\(100 + number)", outside.get("/\(number)"), of: "w-\(number)")
            }
            try await outside.withEgress {
                try await outside.withEgress {
                    try await outside.withEgress {
                        let answers = try await outside.answers(60)
                        #expect(answers.allSatisfy { $0.status == "ok" })
                    }
                }
            }
            #expect(Set(outside.seen.all.map(\.path)).count == 60 && outside.seen.count == 60)
        }
    }

    @Test func `a process that is told to stop ends what is under way`() async throws {
        try await Outside.run(answering: { _ in
            // So long that the process is told to stop meanwhile.
            try? await Task.sleep(for: .milliseconds(700))
            return .text("done")
        }) { outside in
            try await outside.grant("http:*")
            try await outside.call("c-1", outside.get())
            try await outside.withEgress { try await outside.seen.wait(for: 1) }
            #expect(try await outside.answers(1).first?.data.text("body") == "done")
        }
    }

    @Test func `attempts of one call have one idempotency key, and no other call has it`() throws {
        func key(_ operation: String, _ call: String = "k", _ workflow: String = "w") -> String {
            HTTPCall(
                id: "", workflow: WorkflowID(service: "shop.Orders", key: workflow), operation: operation, key: call,
                request: "", deadline: nil, traceparent: nil, isWanted: true, capabilities: []
            ).idempotencyKey
        }
        // Another attempt, and another run after a reset.
        #expect(key("1.3.1.abc") == key("1.3.2.abc") && key("1.3.1.abc") == key("2.3.2.abc"))
        #expect(Set([key("1.3.1.a"), key("1.4.1.a"), key("1.3.1.a", "l"), key("1.3.1.a", "k", "v")]).count == 4)
    }
}
