import HTTPServer
import MeshCore
import Postgres
import TestSupport
import Testing

@testable import MeshRouter

@Suite struct WorkflowTests {
    private func withWorkflows(
        answer: @escaping TestResponder.Answer = { _ in (.ok, "{}") }, _ body: (RunningRouter) async throws -> Void
    ) async throws {
        try await withRouter(schemas: [Fulfilment.schema], answer: answer, body)
    }

    @Test func `starting names the workflow, by the rule, by Mesh-Key, or by the call's id`() async throws {
        try await withWorkflows { mesh in
            let arguments = #"{"order":"o-1","customer":"c-1"}"#
            let named = try await mesh.call("shop.Fulfilment/fulfil", arguments, [("Mesh-Key", "o 1/ü")])
            #expect(named.status == 200)
            #expect(named.headers["Mesh-Workflow-Id"] == "o%201%2F%C3%BC")
            let async = try await mesh.call(
                "shop.Fulfilment/fulfil", arguments, [("Mesh-Key", "o-2"), ("Prefer", "respond-async")])
            #expect(async.status == 202)
            #expect(async.member("workflow") == "o-2")
            let unnamed = try await mesh.call("shop.Fulfilment/fulfil", arguments, [("Prefer", "respond-async")])
            #expect(unnamed.member("workflow") == unnamed.member("id"))
            let ruled = try await mesh.call("shop.Fulfilment/refund", #"{"id":"o-3"}"#, [("Prefer", "respond-async")])
            #expect(ruled.member("workflow") == "o-3")
            #expect(
                Set(try await mesh.responder.messages.wait(for: 4).map(\.key)).isSuperset(of: ["o 1/ü", "o-2", "o-3"]))
        }
    }

    @Test func `a start that is repeated under an idempotency key names the first one's workflow`() async throws {
        try await withWorkflows { mesh in
            let headers = [("Idempotency-Key", "once"), ("Prefer", "respond-async")]
            let arguments = #"{"order":"o-1","customer":"c-1"}"#
            let first = try await mesh.call("shop.Fulfilment/fulfil", arguments, headers)
            let second = try await mesh.call("shop.Fulfilment/fulfil", arguments, headers)
            #expect(first.status == 202)
            #expect(first.member("workflow") == second.member("workflow"))
            #expect(try await mesh.responder.messages.wait(for: 1).count == 1)
        }
    }

    @Test func `whoever stops waiting for a workflow learns its id and that it goes on`() async throws {
        try await withWorkflows(answer: { _ in nil }) { mesh in
            let answer = try await mesh.call(
                "shop.Fulfilment/fulfil", #"{"order":"o-1","customer":"c-1"}"#,
                [("Mesh-Key", "o-1"), ("Connect-Timeout-Ms", "100")])
            #expect(answer.status == 504)
            #expect(answer.member("mesh.details.workflow") == "o-1")
            #expect(answer.member("message")?.contains("goes on") == true, "\(answer.text)")
        }
    }

    @Test func `signals and queries are for a workflow that is named`() async throws {
        try await withWorkflows(answer: { ($0.type.hasSuffix("progress") ? (.ok, #"{"value":"OPEN"}"#) : (.ok, "{}")) })
        {
            mesh in
            let signal = try await mesh.call("shop.Fulfilment/approve", #"{"by":"ann"}"#, [("Mesh-Key", "o-1")])
            #expect(signal.status == 200, "\(signal.text)")
            let query = try await mesh.call("shop.Fulfilment/progress", "{}", [("Mesh-Key", "o-1")])
            #expect(query.member("value") == "OPEN")
            #expect(mesh.responder.messages.all.map(\.key) == ["o-1", "o-1"])
            for (method, body) in [("approve", #"{"by":"ann"}"#), ("progress", "{}")] {
                let nameless = try await mesh.call("shop.Fulfilment/" + method, body)
                #expect(nameless.status == 400)
                #expect(nameless.member("message")?.contains("Mesh-Key") == true, "\(nameless.text)")
            }
            let two = try await mesh.call("shop.Fulfilment/refund", #"{"id":"o-3"}"#, [("Mesh-Key", "o-4")])
            #expect(two.status == 400, "\(two.text)")
        }
    }

    @Test func `the routes tell workflows, signals, queries and schedules from other methods`() async throws {
        try await withWorkflows { mesh in
            let routes = try await mesh.control("GET", "routes")
            let roles = (0..<6).map { routes.member("services.0.methods.\($0).role") }
            #expect(roles == ["workflow", "workflow", "signal", "query", "workflow", "handler"])
            #expect(routes.member("services.0.methods.4.schedule") == "0 3 * * *")
        }
    }

    // MARK: Reading

    @Test func `workflows are listed by what they are and wait for, page by page`() async throws {
        try await withWorkflows { mesh in
            for index in 1...5 { try await Fulfilment.store(mesh.pool, "o-\(index)", since: "\(index) minutes") }
            try await Fulfilment.store(mesh.pool, "r-1", type: "refund", waitingFor: "timer", since: "2 days")
            try await Fulfilment.store(mesh.pool, "o-9", status: "completed", since: "9 minutes")
            try await Fulfilment.store(
                mesh.pool, "o-8", status: "stuck", since: "8 minutes",
                error: #"{"code":"NONDETERMINISM","message":"differs"}"#)
            func ids(_ query: String) async throws -> [String] {
                let page = try await mesh.control("GET", "workflows?" + query)
                #expect(page.status == 200, "\(page.text)")
                return (0..<10).compactMap { page.member("workflows.\($0).id") }
            }
            #expect(try await ids("") == ["o-1", "o-2", "o-3", "o-4", "o-5", "o-8", "o-9", "r-1"])
            #expect(try await ids("status=open&type=fulfil") == ["o-1", "o-2", "o-3", "o-4", "o-5", "o-8"])
            #expect(try await ids("status=stuck,completed") == ["o-8", "o-9"])
            #expect(try await ids("waiting=TIMER") == ["r-1"])
            #expect(try await ids("id=r-") == ["r-1"])
            #expect(try await ids("service=shop.Other") == [])
            let hourAgo = Timestamp.now.advanced(by: .seconds(-3600)).iso8601
            #expect(try await ids("waiting-since=" + hourAgo) == ["r-1"])
            #expect(try await ids("since=" + hourAgo).contains("r-1") == false)
            #expect(try await ids("digest=d1").count == 8)
            // Page by page, each once.
            var seen: [String] = []
            var next: String? = ""
            while let after = next {
                let query = after.isEmpty ? "" : "&after=" + PercentEncoding.encode(after)
                let page = try await mesh.control("GET", "workflows?limit=3" + query)
                seen += (0..<3).compactMap { page.member("workflows.\($0).id") }
                next = page.member("next")
            }
            #expect(seen == ["o-1", "o-2", "o-3", "o-4", "o-5", "o-8", "o-9", "r-1"])
            for bad in ["status=odd", "since=yesterday", "after=x", "parent=x", "limit=0"] {
                #expect(try await mesh.control("GET", "workflows?" + bad).status == 400, "\(bad)")
            }
        }
    }

    @Test func `one workflow is shown with its journal, and counts say how many there are`() async throws {
        try await withWorkflows { mesh in
            try await Fulfilment.store(mesh.pool, "o/1", journal: Fulfilment.journal)
            try await Fulfilment.store(mesh.pool, "o-2", status: "completed")
            let shown = try await mesh.control("GET", "workflows/shop.Fulfilment/o%2F1")
            #expect(shown.status == 200, "\(shown.text)")
            #expect(shown.member("status") == "running")
            #expect(shown.member("waitingFor") == "signal approve")
            #expect(shown.member("entries") == "5")
            #expect(shown.member("timers") == "[0]")
            let journal = try await mesh.control("GET", "workflows/shop.Fulfilment/o%2F1/journal")
            #expect(journal.member("entries") == "[5]")
            #expect(journal.member("entries.2.name") == "pay.Payments/capture")
            #expect(journal.member("entries.2.request.amount") == "9.90")
            #expect(journal.member("next") == nil)
            let page = try await mesh.control("GET", "workflows/shop.Fulfilment/o%2F1/journal?limit=2&after=2")
            #expect(page.member("entries.0.seq") == "3")
            #expect(page.member("next") == "4")
            #expect(try await mesh.control("GET", "workflows/shop.Fulfilment/o-9").status == 404)
            let counts = try await mesh.control("GET", "workflows/counts")
            #expect(counts.member("counts") == "[2]")
            #expect(counts.member("counts.0.status") == "completed")
            #expect(counts.member("counts.1.count") == "1")
            #expect(try await mesh.control("GET", "workflows/shop.Fulfilment/o-2").member("result") == "DONE")
        }
    }

    // MARK: Orders

    @Test func `orders travel as messages of the workflow's key, and say what its owner says`() async throws {
        try await withWorkflows { mesh in
            try await Fulfilment.store(mesh.pool, "o-1", journal: Fulfilment.journal)
            try await Fulfilment.store(mesh.pool, "o-2", status: "stuck", journal: Fulfilment.journal)
            let orders = [
                ("o-1/cancel", #"{"reason":"called \"off\""}"#, #"{"order":"cancel","reason":"called \"off\""}"#),
                ("o-1/terminate", "", #"{"order":"terminate"}"#), ("o-2/retry", "{}", #"{"order":"retry"}"#),
                ("o-1/reset", #"{"to":3}"#, #"{"order":"reset","sequence":3}"#),
            ]
            for (path, body, data) in orders {
                let answer = try await mesh.control(
                    "POST", "workflows/shop.Fulfilment/" + path, body: Array(body.utf8))
                #expect(answer.status == 200, "\(answer.text)")
                #expect(answer.member("state") == "taken")
                #expect(answer.member("workflow.id")?.hasPrefix("o-") == true)
                let message = try #require(mesh.responder.messages.all.last)
                #expect(message.type == "mesh.control")
                #expect(message.key.map { path.hasPrefix($0) } == true)
                #expect(message.source == "/control/test")
                #expect(String(decoding: message.data, as: UTF8.self) == data)
                #expect(answer.member("message") == message.id)
            }
            let facts = try await mesh.pool.query(
                .oneOff(
                    "SELECT action || ' ' || subject FROM mesh.fact WHERE subject LIKE 'workflow %' ORDER BY id LIMIT 1"
                ))
            #expect(try facts.first?.text(0) == "cancel workflow shop.Fulfilment/o-1")
        }
    }

    @Test func `an order that can't be carried out is refused before it is sent`() async throws {
        try await withWorkflows { mesh in
            try await Fulfilment.store(mesh.pool, "o-1", journal: Fulfilment.journal)
            try await Fulfilment.store(mesh.pool, "o-2", status: "completed")
            let cases = [
                ("o-9/cancel", "", 404, "no workflow"), ("o-2/cancel", "", 400, "has ended"),
                ("o-2/terminate", "", 400, "has ended"), ("o-1/retry", "", 400, "isn't stuck"),
                ("o-1/reset", "", 400, "the sequence"), ("o-1/reset", #"{"to":6}"#, 400, "has 5 entries"),
                ("o-1/cancel", #"{"raeson":"x"}"#, 400, "isn't known"), ("o-1/cancel", "[]", 400, "reason"),
            ]
            for (path, body, status, words) in cases {
                let answer = try await mesh.control(
                    "POST", "workflows/shop.Fulfilment/" + path, body: Array(body.utf8))
                #expect(answer.status == status, "\(path) \(answer.text)")
                #expect(answer.member("message")?.contains(words) == true, "\(path) \(answer.text)")
            }
            #expect(mesh.responder.messages.count == 0)
        }
    }

    @Test func `what the owner refuses is the order's answer`() async throws {
        let refusal = MeshError(.failedPrecondition, "it ended meanwhile")
        try await withWorkflows(answer: { _ in (.error, refusal.json) }) { mesh in
            try await Fulfilment.store(mesh.pool, "o-1")
            let answer = try await mesh.control("POST", "workflows/shop.Fulfilment/o-1/cancel")
            #expect(answer.status == 400)
            #expect(answer.member("message") == "it ended meanwhile")
        }
    }

    @Test func `an order whose owner is silent is accepted, and stays in the outbox for it`() async throws {
        try await withWorkflows(answer: { _ in nil }) { mesh in
            try await Fulfilment.store(mesh.pool, "o-1")
            let answer = try await mesh.control("POST", "workflows/shop.Fulfilment/o-1/cancel")
            #expect(answer.status == 202)
            #expect(answer.member("state") == "accepted")
            let rows = try await mesh.pool.query(
                .oneOff("SELECT type FROM mesh.outbox WHERE id = $1::text"), .text(answer.member("message") ?? ""))
            #expect(try rows.first?.text(0) == "mesh.control")
        }
    }

    @Test func `schedules are listed, paused, resumed and triggered`() async throws {
        try await withWorkflows { mesh in
            _ = try await mesh.pool.query(
                .oneOff(
                    """
                    INSERT INTO mesh.schedule (service, method, cron, timezone, next_due, last_id, last_fired_at, fired)
                    VALUES ('shop.Fulfilment', 'nightly', '0 3 * * *', 'Europe/Berlin', now() + interval '1 h', 'n-1', now(), 7)
                    """))
            let list = try await mesh.control("GET", "schedules")
            #expect(list.member("schedules.0.method") == "nightly")
            #expect(list.member("schedules.0.fired") == "7")
            #expect(list.member("schedules.0.paused") == "false")
            for order in ["pause", "resume", "trigger"] {
                let answer = try await mesh.control("POST", "schedules/shop.Fulfilment/nightly/" + order)
                #expect(answer.status == 200, "\(answer.text)")
                let message = try #require(mesh.responder.messages.all.last)
                #expect(message.key == "@schedule/nightly")
                #expect(String(decoding: message.data, as: UTF8.self) == "{\"order\":\"\(order)\"}")
            }
            #expect(try await mesh.control("POST", "schedules/shop.Fulfilment/fulfil/pause").status == 404)
            #expect(try await mesh.control("POST", "schedules/shop.Nobody/nightly/pause").status == 404)
        }
    }
}
