import MeshCore
import Outbox
import Postgres
import TestSupport
import Testing

@testable import WasmWorker

/// Who called, as handlers and workflows are told, on a real broker, a real Postgres and a real sandbox.
@Suite(.serialized, .timeLimit(.minutes(3))) struct WorkerPrincipalTests {
    private func extensions(_ name: String) -> MessageExtensions {
        MessageExtensions(replyTo: 1, principal: Principal(name: name, roles: ["clerk"]))
    }

    @Test func `a handler sees who called, also when it is tried again later, and what follows has nobody`()
        async throws
    {
        try await TestMesh.with { mesh in
            try mesh.call("m1", key: "k", mode: "who", extensions: extensions("ada"))
            try mesh.call("m2", key: "k", mode: "who")
            // Parked in Postgres between its attempts.
            try mesh.call("m3", key: "k", mode: "whoLater", extensions: extensions("bob"))
            try await mesh.withWorker { _ in
                try await eventually("all are done", within: .seconds(40)) {
                    let heard = try await mesh.log(of: "k", in: mesh.audit)
                    return heard == ["m1", "m2", "m3"]
                }
            }
            // The second of the three has added nothing.
            let log = try await mesh.database.query(
                .oneOff("SELECT data->>'log' FROM mesh.state WHERE service = 't.Ledger' AND key = 'k'"))
            #expect(try log.first?.text(0) == "ada,,bob")
            #expect(try await mesh.count("SELECT count(*) FROM mesh.dead_letter") == 0)
        }
    }

    @Test func `a dead letter has who called`() async throws {
        try await TestMesh.with { mesh in
            var extensions = extensions("ada")
            // Nobody waits, so that the refusal is a dead letter.
            extensions.replyTo = nil
            try mesh.call("m", key: "k", mode: "refuse", extensions: extensions)
            try await mesh.withWorker { _ in
                try await eventually("it is a dead letter", within: .seconds(30)) {
                    try await mesh.count("SELECT count(*) FROM mesh.dead_letter") == 1
                }
            }
            let letters = DeadLetterStore(mesh.database)
            let ids = try await letters.list(DeadLetterFilter()).map(\.id)
            let shown = try await letters.show(try #require(ids.first))
            #expect(
                shown?.headers.contains(WireHeader("mesh_principal", #"{"name":"ada","roles":["clerk"]}"#)) == true)
        }
    }

    @Test func `a workflow knows who started it after each wait, its steps do too, and its child and its query don't`()
        async throws
    {
        try await FlowMesh.with { mesh in
            try await mesh.withWorker { _ in
                let started = try mesh.send(
                    "t.Flow/fulfil", key: "a", #"{"plan":"ISILWIC"}"#, extensions: extensions("zoe"))
                try await mesh.wait(for: "a") { $0.waitingFor == "signal approve" }
                let look = try mesh.send("t.Flow/look", key: "a", "{}", extensions: extensions("bob"))
                #expect(try await mesh.reply(to: look).text == #"{"value":"some for b"}"#)
                let other = try mesh.send("t.Flow/look", key: "a", "{}")
                #expect(try await mesh.reply(to: other).text == #"{"value":"some"}"#)
                _ = try mesh.send("t.Flow/approve", key: "a", "{}", extensions: extensions("eve"))
                #expect(try await mesh.reply(to: started).text == #"{"value":"zSzLWzC"}"#)
                let unknown = try mesh.start("b", "ILI")
                #expect(try await mesh.reply(to: unknown).text == #"{"value":".L."}"#)
            }
            // The step of the first knew, those of the child and of the other one didn't.
            let rows = try await mesh.database.query(
                .oneOff("SELECT key || ' ' || (data->>'id') FROM mesh.state WHERE service = 't.Flow' ORDER BY key"))
            #expect(try rows.map { try $0.text(0) } == ["a z", "a-c0 a-c0", "b b"])
        }
    }
}
