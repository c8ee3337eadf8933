import MeshCore
import TestSupport
import Testing

@testable import WasmWorker

/// Postgres goes back to an earlier point while Kafka has all that came since (I5).
@Suite(.timeLimit(.minutes(3))) struct RestoredDatabaseTests {
    /// `before`: the calls that had run when the backup was made. Without any, it doesn't know the lanes in which services have sent since.
    @Test(arguments: [3, 0])
    func `what ran between a backup and its restore takes effect once, in each service`(before: Int) async throws {
        try await withOwnBroker { _, kafka in
            try await withDatabase { url in
                func run(_ url: String, _ calls: ClosedRange<Int>) async throws {
                    let last = calls.upperBound
                    try await TestMesh.lend(kafka, url: url, partitions: 1) { mesh in
                        if last == 0 { return }
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
                try await run(url, min(1, before)...before)
                let backups = try await copies(of: url)
                let newLanes =
                    "SELECT id FROM mesh.lane WHERE id > \(try await Psql.run(url, "SELECT max(id) FROM mesh.lane"))"
                try await run(url, before + 1...9)
                var lanes: Set<Substring> = Set(try await Psql.run(url, newLanes).split(separator: "\n"))
                // The second time what came after the first restore is in the log, too.
                for (backup, calls) in zip(backups, [10...12, 13...15]) {
                    try await Psql.run(backup, "SELECT mesh.after_restore('me')")
                    try await run(backup, calls)
                    let made = try await Psql.run(backup, newLanes).split(separator: "\n")
                    #expect(
                        lanes.isDisjoint(with: made), "what is sent in these would be taken for what was sent before")
                    lanes.formUnion(made)
                }
                if before == 0 { #expect(lanes.count >= 3) }
                for backup in backups { try await Psql.run(url, "DROP DATABASE \(name(backup)) WITH (FORCE)") }
            }
        }
    }

    @Test
    func `what SQL had sent before a backup, and the relay publishes before and after the restore, takes effect once`()
        async throws
    {
        try await withOwnBroker { _, kafka in
            try await withDatabase { url in
                // Sends by SQL, and has it and what waits done; the ids of all of it, in order.
                func run(_ url: String, sending last: String) async throws -> [String] {
                    try await TestMesh.lend(kafka, url: url, partitions: 1) { mesh in
                        try await mesh.withRelay {
                            try await mesh.withWorker { _ in
                                _ = try await Psql.run(url, self.send(last))
                                try await eventually("both services to have done it", within: .seconds(30)) {
                                    let modes = try await mesh.log(of: last, in: mesh.audit)
                                    return modes.count == 1
                                }
                                try await eventually("all of the log to be done", within: .seconds(30)) {
                                    try await mesh.hasReadAll()
                                }
                            }
                        }
                    }
                    return try await Psql.run(
                        url,
                        "SELECT key || ' ' || service FROM mesh.state, unnest(string_to_array(data->>'log', ',')) ORDER BY 1"
                    ).split(separator: "\n").map(String.init)
                }
                func done(_ keys: [String]) -> [String] { keys.flatMap { ["\($0) t.Audit", "\($0) t.Ledger"] } }
                try await TestMesh.lend(kafka, url: url, partitions: 1) { _ in }
                #expect(try await run(url, sending: "a") == done(["a"]))
                for key in ["b", "c"] { _ = try await Psql.run(url, send(key)) }
                let backups = try await copies(of: url)
                #expect(try await run(url, sending: "d") == done(["a", "b", "c", "d"]))
                for (backup, last) in zip(backups, ["e", "f"]) {
                    try await Psql.run(backup, "SELECT mesh.after_restore('me')")
                    // What the log has of the time between is taken, as it has no cause in the log.
                    let earlier = last == "e" ? ["a", "b", "c", "d"] : ["a", "b", "c", "d", "e"]
                    #expect(try await run(backup, sending: last) == done(earlier + [last]))
                    try await Psql.run(url, "DROP DATABASE \(name(backup)) WITH (FORCE)")
                }
            }
        }
    }

    private func send(_ key: String) -> String {
        "SELECT mesh.send('t.Ledger/append', '\(key)', '{\"id\":\"\(key)\"}')"
    }

    private func name(_ url: String) -> String {
        String(url.split(separator: "/").last?.split(separator: "?").first ?? "")
    }

    /// Two databases that are as this one is now.
    private func copies(of url: String) async throws -> [String] {
        var copies: [String] = []
        for _ in 1...2 {
            let copy = TestEnvironment.uniqueName("backup")
            try await Psql.run(
                url.replacing("/" + name(url), with: "/postgres"), "CREATE DATABASE \(copy) TEMPLATE \(name(url))")
            copies.append(url.replacing("/" + name(url), with: "/" + copy))
        }
        return copies
    }
}
