import Foundation
import Kafka
import MeshCore
import MeshRouter
import Outbox
import Postgres
import Synchronization
import WasmWorker

/// One call at a time on an idle mesh: HTTP → commit → Kafka → sandbox → commit → Kafka → answer, and where the time goes.
///
/// The parts are found without touching the mesh: a call that wants no answer ends at the router's commit; the outbox rows of
/// call and answer tell when each was made; the broker alone is measured in the same run, by a producer and a reader.
enum LatencyBenchmark {
    static func run(_ stage: Stage) async throws {
        let calls = stage.options.calls
        say("### Latency of one call at a time, on an idle mesh\n\n\(calls) calls; milliseconds\n")
        let broker = try await brokerAlone(stage)
        let router = try await stage.database(connections: 6)
        let worker = try await stage.database(like: router, connections: 8)
        defer {
            router.close()
            worker.close()
        }
        try await stage.makeTopics(Tally.topics)
        try await Tally.deploy(router)
        let mesh = try await RunningMesh.start(stage, router: router, worker: worker)
        let measured = try await mesh.measure(calls)
        let answered = try await untilAnswered(router, calls)
        try await mesh.stop()
        let postgres = try await postgresAlone(router, calls / 2)
        say("| | p50 | p99 | mean |\n|---|---|---|---|")
        say("| call → answer | \(measured.whole.cells) |")
        say("| HTTP and the router's commit (a call that wants no answer) | \(measured.accepted.cells) |")
        say("| the router has the call → the worker makes the answer's commit | \(answered.cells) |")
        say("| the worker's commit | | | \(decimal(measured.commit)) |")
        say("| Kafka alone: produce → fetch | \(broker.cells) |")
        say("| Postgres alone: one row and its commit | \(postgres.cells) |")
        let whole = measured.whole.mean
        say("\n| share of the mean call | ms | % |\n|---|---|---|")
        for (name, value) in [
            ("HTTP and the router's commit", measured.accepted.mean),
            ("Kafka and the sandbox", answered.mean - measured.accepted.mean),
            ("the worker's commit", measured.commit),
            ("Kafka and HTTP, with the answer", whole - answered.mean - measured.commit),
        ] {
            say("| \(name) | \(decimal(value)) | \(decimal(value / whole * 100, 0)) |")
        }
    }

    /// The least that a commit costs on this machine.
    private static func postgresAlone(_ database: PostgresPool, _ count: Int) async throws -> Distribution {
        let statement = Statement(
            "bench commit", "UPDATE mesh.setting SET updated_at = now() WHERE name = 'partitions'")
        var milliseconds: [Double] = []
        for _ in 0..<count {
            let start = ContinuousClock.now
            _ = try await database.connections[0].query(statement)
            milliseconds.append((.now - start) / .milliseconds(1))
        }
        return Distribution(milliseconds)
    }

    /// Produce → fetch through the broker alone, as the mesh's clients are set up, one record at a time.
    static func brokerAlone(_ stage: Stage) async throws -> Distribution {
        try await stage.makeTopics(["bench.echo"])
        let (arrivals, arrived) = AsyncStream.makeStream(of: ContinuousClock.Instant.self)
        let reader = try KafkaReader(stage.kafka) { records in
            for _ in records { arrived.yield(.now) }
        }
        reader.start(TopicPartition("bench.echo", 0), at: .beginning)
        let producer = try KafkaProducer(stage.kafka, reports: { _ in })
        var milliseconds: [Double] = []
        var iterator = arrivals.makeAsyncIterator()
        let count = stage.options.calls / 2
        for index in 0..<(count + count / 10) {
            let start = ContinuousClock.now
            try producer.produce(
                OutgoingRecord(topic: "bench.echo", partition: 0, key: nil, value: Array("\(index)".utf8), headers: []))
            guard let end = await iterator.next() else { break }
            if index >= count / 10 { milliseconds.append((end - start) / .milliseconds(1)) }
        }
        await producer.close()
        await reader.close()
        return Distribution(milliseconds)
    }

    /// From when the router had a call to when the worker put its answer into a commit.
    private static func untilAnswered(_ database: PostgresPool, _ calls: Int) async throws -> Distribution {
        let rows = try await database.query(
            .oneOff(
                """
                SELECT (extract(epoch FROM a.created_at - c.created_at) * 1000)::float8
                FROM mesh.outbox c JOIN mesh.outbox a ON a.key = c.id AND a.topic = 'mesh.replies'
                WHERE c.topic = 'bench.Tally' ORDER BY c.created_at DESC LIMIT $1::int4
                """), .int32(Int32(calls)))
        return Distribution(try rows.map { try $0.float64(0) })
    }
}

extension RunningMesh {
    fileprivate struct Measured {
        var whole: Distribution
        var accepted: Distribution
        /// The worker's commits of the calls in `whole`, their mean in milliseconds.
        var commit: Double
    }

    /// First calls that want no answer; those that count come last, on a mesh that is warm and idle.
    fileprivate func measure(_ calls: Int) async throws -> Measured {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try measureBlocking(calls) })
            }
        }
    }

    private func measureBlocking(_ calls: Int) throws -> Measured {
        let client = try KeepAliveClient(port: port)
        try RunningMesh.warmUp(client)
        let accepted = try RunningMesh.time(calls, client, 202, "Prefer: respond-async\r\n")
        // What they started shall be over before the idle mesh is measured.
        Thread.sleep(forTimeInterval: 3)
        _ = try RunningMesh.time(calls / 10, client, 200)
        let before = worker.statistics
        let whole = try RunningMesh.time(calls, client, 200)
        let after = worker.statistics
        let commits = Double(max(1, after.batches - before.batches))
        let commit = Double(after.batchMicroseconds - before.batchMicroseconds) / 1000 / commits
        return Measured(whole: whole, accepted: accepted, commit: commit)
    }

    private static func time(_ calls: Int, _ client: KeepAliveClient, _ status: Int, _ headers: String = "") throws
        -> Distribution
    {
        var milliseconds: [Double] = []
        for index in 0..<calls {
            let start = ContinuousClock.now
            let answer = try client.post("/bench.Tally/add", body(index), headers: headers)
            milliseconds.append((.now - start) / .milliseconds(1))
            guard answer.status == status else { throw KeepAliveClient.Failure(description: answer.text) }
        }
        return Distribution(milliseconds)
    }

    /// Until the router knows the route and the worker has its partitions.
    private static func warmUp(_ client: KeepAliveClient) throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            let answer = try client.post("/bench.Tally/add", body(0), headers: "Connect-Timeout-Ms: 20000\r\n")
            if answer.status == 200 { return }
            guard .now < deadline else { throw KeepAliveClient.Failure(description: answer.text) }
            Thread.sleep(forTimeInterval: 0.1)
        }
    }

    private static func body(_ index: Int) -> String {
        "{\"entry\":{\"name\":\"name-\(index % 500)\",\"amount\":\"12.50\"}}"
    }
}
