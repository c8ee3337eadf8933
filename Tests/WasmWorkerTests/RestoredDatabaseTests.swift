import MeshCore
import TestSupport
import Testing

@testable import WasmWorker

/// Postgres goes back to an earlier point while Kafka has all that came since (I5).
@Suite(.timeLimit(.minutes(3))) struct RestoredDatabaseTests {
    @Test func `what ran between a backup and its restore takes effect once, in each service`() async throws {
        try await withOwnBroker { _, kafka in
            try await withDatabase { url in
                func run(_ url: String, _ calls: ClosedRange<Int>, expecting last: Int) async throws {
                    try await TestMesh.lend(kafka, url: url, partitions: 1) { mesh in
                        for number in calls { try mesh.call("m\(number)", key: "k") }
                        try await mesh.withWorker { _ in
                            try await eventually("call \(last) in both services", within: .seconds(30)) {
                                let logs = try await [
                                    mesh.log(of: "k", in: mesh.ledger), mesh.log(of: "k", in: mesh.audit),
                                ]
                                return logs.allSatisfy { $0.contains("m\(last)") }
                            }
                            // A second effect would come from what the log still holds.
                            try await eventually("all of the log to be done", within: .seconds(30)) {
                                try await mesh.hasReadAll()
                            }
                        }
                        let all = (1...last).map { "m\($0)" }
                        #expect(try await mesh.log(of: "k", in: mesh.ledger) == all)
                        #expect(try await mesh.log(of: "k", in: mesh.audit) == all)
                    }
                }
                try await run(url, 1...3, expecting: 3)
                try await withDatabase { backup in
                    let name = { (url: String) in
                        String(url.split(separator: "/").last?.split(separator: "?").first ?? "")
                    }
                    try await Psql.run(url, "DROP DATABASE \(name(backup))")
                    try await Psql.run(url, "CREATE DATABASE \(name(backup)) TEMPLATE \(name(url))")
                    try await run(url, 4...9, expecting: 9)
                    try await Psql.run(backup, "SELECT mesh.after_restore('me')")
                    try await run(backup, 10...12, expecting: 12)
                }
            }
        }
    }
}
