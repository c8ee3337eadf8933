import HTTPServer
import MeshCore
import Postgres
import TestSupport
import Testing

@testable import MeshRouter

@Suite struct RestartOrderTests {
    private func restart(_ mesh: RunningRouter, _ id: String, _ body: String = "") async throws -> HTTPClient.Response {
        try await mesh.control("POST", "workflows/shop.Fulfilment/\(id)/restart", body: Array(body.utf8))
    }

    @Test func `a restart names the end that it is about and the deployed package, and is written down`() async throws {
        try await withRouter(schemas: [Fulfilment.schema]) { mesh in
            try await Fulfilment.store(mesh.pool, "o-1", status: "failed", journal: Fulfilment.journal)
            let services = try await mesh.pool.query(.oneOff("SELECT digest FROM mesh.service"))
            let digest = try #require(try services.first?.text(0))
            let bodies = [
                ("", ""), (#"{"from":3}"#, #","sequence":3"#),
                (#"{"input":{"order":"o-1","customer":"\u0000"}}"#, #","input":{"order":"o-1","customer":"\u0000"}"#),
            ]
            for (body, members) in bodies {
                let answer = try await restart(mesh, "o-1", body)
                #expect(answer.status == 200 && answer.member("state") == "taken", "\(answer.text)")
                let message = try #require(mesh.responder.messages.all.last)
                #expect(message.type == "mesh.control" && message.key == "o-1" && message.source == "/control/test")
                #expect(
                    String(decoding: message.data, as: UTF8.self)
                        == #"{"order":"restart","run":1,"digest":"\#(digest)"\#(members)}"#)
            }
            let facts = try await mesh.pool.query(
                .oneOff(
                    "SELECT action || ' ' || subject || ' ' || (details ->> 'input') FROM mesh.fact ORDER BY id DESC"))
            // The arguments stand in the journal.
            #expect(try facts.first?.text(0) == "restart workflow shop.Fulfilment/o-1 true")
        }
    }

    @Test func `what can't be restarted is refused before anything is sent`() async throws {
        try await withRouter(schemas: [Fulfilment.schema]) { mesh in
            try await Fulfilment.store(mesh.pool, "o-1", journal: Fulfilment.journal)
            try await Fulfilment.store(mesh.pool, "o-2", status: "completed", journal: Fulfilment.journal)
            try await Fulfilment.store(mesh.pool, "o-3", status: "stuck")
            let cases = [
                ("o-9", "", 404, "workflow_retention"), ("o-1", "", 400, "only one that has ended"),
                ("o-3", "", 400, "only one that has ended"), ("o-2", #"{"from":6}"#, 400, "has 5 entries"),
                ("o-2", #"{"from":0}"#, 400, "5 entries"), ("o-2", #"{"from":1,"input":{}}"#, 400, "`from` or `input`"),
                ("o-2", #"{"input":[1]}"#, 400, "isn't an object"), ("o-2", #"{"to":1}"#, 400, "isn't known"),
            ]
            for (id, body, status, words) in cases {
                let answer = try await restart(mesh, id, body)
                #expect(answer.status == status, "\(id) \(body) \(answer.text)")
                #expect(answer.member("message")?.contains(words) == true, "\(id) \(body) \(answer.text)")
            }
            _ = try await mesh.control("DELETE", "services/shop.Fulfilment?force=true")
            try await eventually("the service to be out of force", within: .seconds(20)) {
                try await restart(mesh, "o-2").member("message")?.contains("no deployed package") == true
            }
            #expect(mesh.responder.messages.count == 0)
        }
    }

    @Test func `an owner that is loading the package still is asked again`() async throws {
        let asked = Collector<String>()
        let loading = MeshError(.notFound, "not yet", retryable: true)
        try await withRouter(
            schemas: [Fulfilment.schema],
            answer: { message in
                asked.append(message.id)
                return asked.count < 3 ? (.error, loading.json) : (.ok, "{}")
            }
        ) { mesh in
            try await Fulfilment.store(mesh.pool, "o-1", status: "failed", journal: Fulfilment.journal)
            let answer = try await restart(mesh, "o-1")
            #expect(answer.status == 200 && asked.count == 3, "\(answer.text)")
            #expect(answer.member("message") == asked.all.last)
        }
    }
}
