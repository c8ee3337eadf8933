import MeshCore
import Outbox
import TestSupport
import Testing

@testable import WasmWorker

/// Operators' orders about states, on a real broker, a real Postgres and a real sandbox.
@Suite(.timeLimit(.minutes(3))) struct StateOrderTests {
    private func order(_ mesh: TestMesh, _ id: String, _ data: [UInt8], key: String = "k", to topic: String? = nil)
        throws
    {
        try mesh.produce(
            Message(id: id, type: StateOrder.messageType, source: "/control/ada", time: .now, key: key, data: data),
            to: topic ?? mesh.ledger)
    }

    @Test func `a state is set in its turn, once, and what comes behind sees it, whatever the worker has in memory`()
        async throws
    {
        try await TestMesh.with { mesh in
            let mended = StateOrder.set(Array(#"{"id":"k","log":"mended"}"#.utf8)).data
            try await mesh.withWorker { worker in
                try mesh.call("before", key: "k")
                try await eventually("the first call", within: .seconds(30)) {
                    try await mesh.log(of: "k", in: mesh.ledger) == ["before"]
                }
                for _ in 0..<2 { try order(mesh, "o1", mended) }
                try mesh.call("after", key: "k")
                try await eventually("the call behind it", within: .seconds(30)) {
                    try await mesh.log(of: "k", in: mesh.ledger) == ["mended", "after"]
                }
                try order(mesh, "o2", StateOrder.delete.data)
                try mesh.call("anew", key: "k")
                try await eventually("the call behind the deletion", within: .seconds(30)) {
                    try await mesh.log(of: "k", in: mesh.ledger) == ["anew"]
                }
                // Nothing to delete is no error.
                try order(mesh, "o3", StateOrder.delete.data, key: "none")
                try order(mesh, "o4", mended, key: "fresh")
                try await eventually("a state where there was none", within: .seconds(30)) {
                    try await mesh.log(of: "fresh", in: mesh.ledger) == ["mended"]
                }
                try await eventually("the events of the calls, and no others", within: .seconds(30)) {
                    try await mesh.log(of: "k", in: mesh.audit) == ["before", "after", "anew"]
                }
                try await eventually("four to be counted") {
                    worker.statistics.handlers.first { $0.method == StateOrder.messageType }?.counts[.ok] == 4
                }
            }
            #expect(try await mesh.count("SELECT count(*) FROM mesh.dead_letter") == 0)
        }
    }

    @Test func `an order that the schema refuses changes nothing, and is told or kept`() async throws {
        try await TestMesh.with { mesh in
            try mesh.call("one", key: "k")
            let wrong = [#"{"order":"set","state":{"id":"k"}}"#, #"{"order":"set"}"#, #"{"order":"burn"}"#, "[]", ""]
            for (index, text) in wrong.enumerated() { try order(mesh, "o\(index)", Array(text.utf8)) }
            // On the topic of an event it is no order.
            try order(mesh, "elsewhere", StateOrder.delete.data, to: mesh.written)
            try await mesh.withWorker { _ in
                try await eventually("the dead letters", within: .seconds(30)) {
                    try await mesh.count("SELECT count(*) FROM mesh.dead_letter") == wrong.count + 1
                }
                #expect(try await mesh.log(of: "k", in: mesh.ledger) == ["one"])
            }
        }
    }

    @Test func `an order waits behind the parked message of its key`() async throws {
        try await TestMesh.with { mesh in
            try mesh.call("late", key: "k", mode: "retry")
            try order(mesh, "o", StateOrder.set(Array(#"{"id":"k","log":"mended"}"#.utf8)).data)
            try mesh.call("last", key: "k")
            try await mesh.withWorker { _ in
                try await eventually("all three", within: .seconds(30)) {
                    try await mesh.log(of: "k", in: mesh.ledger) == ["mended", "last"]
                }
                try await eventually("their events", within: .seconds(30)) {
                    try await mesh.log(of: "k", in: mesh.audit) == ["late", "last"]
                }
            }
        }
    }
}
