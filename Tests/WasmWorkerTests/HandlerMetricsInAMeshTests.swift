import MeshCore
import TestSupport
import Testing

@testable import WasmWorker

/// The same on a real broker, a real Postgres and a real sandbox.
@Suite(.timeLimit(.minutes(2))) struct HandlerMetricsInAMeshTests {
    @Test func `a worker's methods are counted by what came of their messages, once each`() async throws {
        try await TestMesh.with { mesh in
            for index in 0..<30 { try mesh.call("m\(index)", key: "k\(index % 5)") }
            try mesh.call("refused", key: "k", mode: "refuse")
            try mesh.call("trapped", key: "k", mode: "trap", method: "once")
            try mesh.call("nobody", key: "k", method: "no")
            try await mesh.withWorker { worker in
                let found: [String: HandlerCounts] = try await eventually("all counted", within: .seconds(30)) {
                    let handlers = worker.statistics.handlers
                    let found = Dictionary(
                        uniqueKeysWithValues: handlers.map { ("\($0.service)/\($0.method)", $0.counts) })
                    let isDone =
                        found["t.Audit/onWritten"]?[.ok] == 30 && found["t.Ledger/once"]?[.dead] == 1
                        && found["t.Ledger/(unknown)"]?[.dead] == 1
                    return isDone ? found : nil
                }
                #expect(found["t.Ledger/append"]?[.ok] == 30 && found["t.Ledger/append"]?[.dead] == 1)
                #expect(found["t.Ledger/append"]?[.parked] == 0)
                let times = found["t.Ledger/append"]?.times
                #expect(times?.counts.reduce(0, +) == 31 && (times?.nanoseconds ?? 0) > 0)
                #expect(found["t.Ledger/(unknown)"]?.times.counts.reduce(0, +) == 0)
                #expect(found.count == 4)
            }
        }
    }
}
