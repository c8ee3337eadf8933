import Embedded
import Foundation
import Kafka
import MeshCore
import Outbox
import Postgres
import WasmWorker

/// Workflows of three sequential steps, beside Temporal's dev server and DBOS Transact in the same run.
///
/// The mesh's side goes in by HTTP and waits for each answer, as the peers' clients do.
enum WorkflowBenchmark {
    static let topics = [
        "bench.Three", "bench.Adder", "bench.Three.dead", "bench.Adder.dead", Topics.replies,
    ]

    static func run(_ stage: Stage) async throws {
        let options = stage.options
        say("### Workflows of three steps in a row, \(options.inFlight) in flight\n")
        let broker = try await LatencyBenchmark.brokerAlone(stage)
        let peers = try await measurePeers(stage)
        try await compare(options, peers)
        try await withMesh(stage) { _, load, database in
            say("\nKafka alone, produce → fetch: p50, p99, mean \(broker.cells) ms")
            try await WorkflowTimes.timers(load, database, "on an idle mesh")
            try await WorkflowTimes.fanOut(options.fan, load, worker: ProcessInfo.processInfo.processIdentifier)
        }
        if options.sleepers > 0 { try await sleepers(options) }
    }

    /// Lends a mesh that runs workflows of three steps, warm, with a load for it and the router's database.
    private static func withMesh<Result>(
        _ stage: Stage, _ body: (RunningMesh, WorkflowLoad, PostgresPool) async throws -> Result
    ) async throws -> Result {
        let database = try await stage.database(connections: 6)
        let workerDatabase = try await stage.database(like: database, connections: 8)
        defer {
            database.close()
            workerDatabase.close()
        }
        try await stage.makeTopics(topics)
        try await BenchmarkGuest.deploy("three", database)
        let mesh = try await RunningMesh.start(stage, router: database, worker: workerDatabase)
        let load = WorkflowLoad(port: mesh.port)
        try await load.warmUp()
        let result = try await body(mesh, load, database)
        try await mesh.stop()
        return result
    }

    /// The mesh's workflows beside what the peers reached.
    private static func compare(_ options: Options, _ peers: [String: Peer]) async throws {
        note("measuring the mesh")
        let far = try await measure("far", options.workflows, options)
        let near = try await measure("near", options.workflows * 2, options)
        say("| | workflows/s | alone: p50 ms | p99 ms | ratio |\n|---|---|---|---|---|")
        row("mesh, steps of another service through Kafka", far, peers["temporal"], "Temporal")
        row("mesh, local steps", near, peers["dbos"], "DBOS")
        for peer in peers.values.sorted(by: { $0.name < $1.name }) {
            say(
                "| \(peer.name) (\(peer.settings)) | \(decimal(peer.perSecond, 1)) | \(decimal(peer.p50)) | \(decimal(peer.p99)) | |"
            )
        }
    }

    /// What side by side and one at a time came to.
    private struct Both {
        var busy: WorkflowLoad.Measured
        var alone: WorkflowLoad.Measured
    }

    /// Measures a method on servers of its own, as the peers have them: the embedded broker gets slower with each batch that it keeps.
    private static func measure(_ method: String, _ count: Int, _ options: Options) async throws -> Both {
        let stage = try await Stage.start(options)
        let both = try await withMesh(stage) { mesh, load, _ in
            Both(
                busy: try await measured(method, count, load, mesh, stage),
                alone: try await load.measure(method, count: options.calls / 4, inFlight: 1))
        }
        await stage.stop()
        return both
    }

    /// Runs workflows side by side and says what each took of the processors, and how many of them shared a commit.
    private static func measured(
        _ method: String, _ count: Int, _ load: WorkflowLoad, _ mesh: RunningMesh, _ stage: Stage
    ) async throws -> WorkflowLoad.Measured {
        let before = (processor: ProcessorTime.now(stage), transactions: mesh.worker.statistics.transactions)
        let result = try await load.measure(method, count: count, inFlight: stage.options.inFlight)
        let used = ProcessorTime.now(stage) - before.processor
        func each(_ seconds: Double) -> String { decimal(seconds * 1e6 / Double(count), 0) }
        let transactions = mesh.worker.statistics.transactions - before.transactions
        note(
            "\(method): \(decimal(result.perSecond, 0))/s; processor time of each, µs: mesh and load \(each(used.pipeline)), Postgres \(each(used.postgres)), broker \(each(used.broker)); the worker's commits for each: \(decimal(Double(transactions) / Double(count), 2))"
        )
        return result
    }

    private static func row(
        _ name: String, _ mesh: Both, _ peer: Peer?, _ peerName: String
    ) {
        let ratio = peer.map { "\(decimal(mesh.busy.perSecond / $0.perSecond, 0)) × \(peerName)" } ?? ""
        say(
            "| \(name) | \(decimal(mesh.busy.perSecond, 0)) | \(decimal(mesh.alone.latency.percentile(0.5))) | \(decimal(mesh.alone.latency.percentile(0.99))) | \(ratio) |"
        )
    }

    // MARK: Peers

    /// What a peer's script printed.
    private struct Peer {
        var name: String
        var settings: String
        var perSecond: Double
        var p50: Double
        var p99: Double
    }

    private static func measurePeers(_ stage: Stage) async throws -> [String: Peer] {
        guard stage.options.peerWorkflows > 0 else { return [:] }
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..")
            .standardizedFileURL.path
        let python = root + "/.native/peers"
        guard FileManager.default.fileExists(atPath: python) else {
            note("the peers aren't there (Scripts/peers); only the mesh is measured")
            return [:]
        }
        var peers: [String: Peer] = [:]
        note("measuring Temporal's dev server")
        // A server that a run before has left behind isn't met again.
        let port = Int.random(in: 20_000..<30_000)
        let server = Process()
        server.executableURL = URL(fileURLWithPath: python + "/bin/temporal")
        server.arguments = [
            "server", "start-dev", "--headless", "--port", "\(port)", "--log-level", "never", "--db-filename",
            stage.directory + "/temporal.db",
        ]
        server.standardOutput = FileHandle.nullDevice
        server.standardError = FileHandle.nullDevice
        try server.run()
        peers["temporal"] = try? await peer(
            root, "temporal_three.py", ["127.0.0.1:\(port)", "\(stage.options.peerWorkflows)"], stage.options,
            settings: "SQLite file")
        server.terminate()
        note("measuring DBOS")
        let admin = try PostgresPool(PostgresConfiguration(url: stage.postgres.url()), size: 1)
        try await admin.connections[0].script("CREATE DATABASE dbos")
        admin.close()
        peers["dbos"] = try? await peer(
            root, "dbos_three.py", [stage.postgres.url(database: "dbos"), "\(stage.options.peerWorkflows * 2)"],
            stage.options, settings: "the same Postgres, fsync on")
        return peers
    }

    private static func peer(
        _ root: String, _ script: String, _ arguments: [String], _ options: Options, settings: String
    ) async throws -> Peer {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["python3", root + "/Benchmarks/Peers/" + script] + arguments + ["\(options.inFlight)", "20"]
        process.environment = ProcessInfo.processInfo.environment.merging(["PYTHONPATH": root + "/.native/peers"]) {
            $1
        }
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = try await Task.detached { try output.fileHandleForReading.readToEnd() ?? Data() }.value
        process.waitUntilExit()
        guard process.terminationStatus == 0,
            let line = String(decoding: data, as: UTF8.self).split(separator: "\n").last,
            let facts = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
            let name = facts["peer"] as? String, let perSecond = facts["per_second"] as? Double
        else {
            note("\(script) failed: exit code \(process.terminationStatus)")
            throw CocoaError(.fileReadCorruptFile)
        }
        return Peer(
            name: name, settings: settings, perSecond: perSecond, p50: facts["alone_p50_ms"] as? Double ?? .nan,
            p99: facts["alone_p99_ms"] as? Double ?? .nan)
    }

    // MARK: Sleepers

    /// How much many sleeping workflows slow the others down: against as many that have ended, each on servers of its own, since the embedded
    /// broker gets slower with each batch that it keeps.
    private static func sleepers(_ options: Options) async throws {
        let ended = try await local(options, beside: options.sleepers, hours: 0)
        let asleep = try await local(options, beside: options.sleepers, hours: 1)
        say(
            "\nLocal steps after \(options.sleepers) workflows that have ended: \(decimal(ended, 0)) workflows/s; with \(options.sleepers) asleep: \(decimal(asleep, 0)), \(decimal(asleep / ended * 100, 0)) %"
        )
    }

    /// Workflows of local steps per second, after so many others were started that sleep for `hours`.
    private static func local(_ options: Options, beside count: Int, hours: Int) async throws -> Double {
        let stage = try await Stage.start(options)
        let perSecond = try await withMesh(stage) { _, load, database in
            note("starting \(count) workflows that sleep for \(hours) hours")
            _ = try await load.measure(
                "sleep", argument: "\"hours\":\(hours)", count: count, inFlight: options.inFlight, waits: false)
            while try await startedSleepers(database, areOpen: hours > 0) < Int64(count) {
                try await Task.sleep(for: .milliseconds(200))
            }
            let measured = try await load.measure("near", count: options.workflows * 2, inFlight: options.inFlight)
            if hours > 0 { try await WorkflowTimes.timers(load, database, "beside \(count) that sleep") }
            return measured.perSecond
        }
        await stage.stop()
        return perSecond
    }

    private static func startedSleepers(_ database: PostgresPool, areOpen: Bool) async throws -> Int64 {
        let sql =
            areOpen
            ? "SELECT count(*)::int8 FROM mesh.timer WHERE kind = 'sleep'"
            : "SELECT count(*)::int8 FROM mesh.workflow WHERE method = 'sleep' AND status = 'completed'"
        return try await database.query(.oneOff(sql)).first?.int64(0) ?? 0
    }
}
