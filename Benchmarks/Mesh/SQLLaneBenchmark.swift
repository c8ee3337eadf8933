import Foundation
import Kafka
import MeshCore
import Outbox
import Postgres
import Publishing
import Synchronization

/// Messages written from SQL by several sessions: how many per second reach Kafka, how long one takes, and what each part costs.
enum SQLLaneBenchmark {
    static func run(_ stage: Stage) async throws {
        let options = stage.options
        say("### Messages written from SQL\n")
        say("\(options.messages) messages, \(options.sessions) sessions, \(options.partitions) partitions\n")
        say(
            "| run | written | in Kafka | p50 | p99 | µs of CPU per message: \(CPUTimes.parts.joined(separator: ", ")) |"
        )
        say("|---|---|---|---|---|---|")
        for run in Run.all {
            let outcome = try await measure(stage, run)
            let delays =
                run.rate == nil
                ? " | |"
                : " \(decimal(outcome.delays.percentile(0.5))) ms | \(decimal(outcome.delays.percentile(0.99))) ms |"
            say("| \(run.name) | \(Int(outcome.written))/s | \(Int(outcome.arrived))/s |\(delays) \(outcome.cpu) |")
        }
        say("\nGoal: 50,000/s, and at half of that a p99 of less than 50 ms from the commit to Kafka.")
        say("Delays are from before the statement that emits (so its work and its commit count) to a consumer's hands.")
        say("The client is what reads the topics to count, in the relay's process.")
    }

    private struct Run {
        var name: String
        var statement: Statement
        var rate: Int?
        /// Whether everything is written before the relay starts.
        var isBacklog = false
        var transaction = 500

        static let all = [
            Run(name: "mesh.emit, 500 a transaction", statement: emit),
            Run(name: "mesh.emit_all, 500 a transaction", statement: emitAll),
            Run(name: "a backlog, with nobody writing", statement: emitAll, isBacklog: true),
            Run(name: "mesh.emit, 50 a transaction, 25,000/s", statement: emit, rate: 25_000, transaction: 50),
        ]
    }

    private struct Outcome {
        var written: Double
        var arrived: Double
        var delays: Distribution
        var cpu: String
    }

    private static func measure(_ stage: Stage, _ run: Run) async throws -> Outcome {
        let options = stage.options
        let database = try await stage.database(connections: 4)
        let writers = try await stage.database(like: database, connections: options.sessions)
        defer {
            database.close()
            writers.close()
        }
        try await stage.makeTopics(Tally.topics)
        try await Tally.deploy(database)
        let kafka = stage.kafka
        let arrivals = Arrivals(total: options.messages, keepsDelays: run.rate != nil)
        let reader = try KafkaReader(stage.kafka) { arrivals.take($0) }
        for partition in 0..<options.partitions {
            reader.start(TopicPartition("bench.added", partition), at: .beginning)
        }
        let times = try await CPUTimes(stage, writers: writers)
        if run.isBacklog { try await write(writers, options, run) }
        let before = times.now
        let start = ContinuousClock.now
        let background = Task {
            let relay = SQLRelay(database, RelayConfiguration(owner: "bench")) { try KafkaLanePublisher(kafka) }
            async let janitor: Void = Janitor(database).run()
            await relay.run()
            await janitor
        }
        if !run.isBacklog { try await write(writers, options, run) }
        let written = (.now - start) / .seconds(1)
        await arrivals.complete()
        let arrived = (.now - start) / .seconds(1)
        let cpu = times.cells(since: before, messages: options.messages)
        background.cancel()
        await background.value
        await reader.close()
        let count = Double(options.messages)
        return Outcome(
            written: run.isBacklog ? 0 : count / written, arrived: count / arrived, delays: arrivals.delays, cpu: cpu)
    }

    private static let emit = Statement(
        "bench emit",
        """
        SELECT count(mesh.emit('bench.added', 'name-' || i % 5000,
            '{"name":"name-' || i % 5000 || '","total":"' || (extract(epoch FROM now()) * 1000000)::int8 || '"}'))
        FROM generate_series($1::int8, $2::int8) i
        """)

    private static let emitAll = Statement(
        "bench emit all",
        """
        SELECT mesh.emit_all('bench.added', array_agg('name-' || i % 5000),
            array_agg('{"name":"name-' || i % 5000 || '","total":"' || (extract(epoch FROM now()) * 1000000)::int8 || '"}'))
        FROM generate_series($1::int8, $2::int8) i
        """)

    /// Each session emits in transactions of a size that fits the rate.
    private static func write(_ pool: PostgresPool, _ options: Options, _ run: Run) async throws {
        let size = run.transaction
        let perSession = options.messages / options.sessions / size * size
        let pause = run.rate.map { Duration.seconds(1) * size * options.sessions / $0 }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, session) in pool.connections.enumerated() {
                let isLast = index == pool.connections.count - 1
                let share = isLast ? options.messages - perSession * index : perSession
                group.addTask {
                    var due = ContinuousClock.now
                    var next = 0
                    while next < share {
                        let end = min(share, next + size)
                        _ = try await session.query(
                            run.statement, .int64(Int64(index * perSession + next)),
                            .int64(Int64(index * perSession + end - 1)))
                        next = end
                        guard let pause else { continue }
                        due += pause
                        if due > .now { try await Task.sleep(until: due, clock: .continuous) }
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}

/// Counts what comes out of Kafka, and how long it took since the transaction's beginning.
private final class Arrivals: Sendable {
    private struct State {
        var count = 0
        var delays: [Double] = []
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let total: Int
    private let keepsDelays: Bool
    private let state = Mutex(State())

    init(total: Int, keepsDelays: Bool) {
        self.total = total
        self.keepsDelays = keepsDelays
    }

    /// The first tenth doesn't count: the relay's lease and the clients' connections are made meanwhile.
    var delays: Distribution { state.withLock { Distribution(Array($0.delays.dropFirst(total / 10))) } }

    func take(_ records: [KafkaRecord]) {
        let now = Timestamp.now.microseconds
        let delays = keepsDelays ? records.compactMap { Arrivals.sent($0).map { Double(now - $0) / 1000 } } : []
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.count += records.count
            state.delays += delays
            guard state.count >= total else { return nil }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    func complete() async {
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                if state.count >= total { return true }
                state.waiter = continuation
                return false
            }
            if isDone { continuation.resume() }
        }
    }

    /// The number in `"total":"…"`, with which the record ends.
    private static func sent(_ record: KafkaRecord) -> Int64? {
        guard let value = record.value else { return nil }
        let digits = value.dropLast(2).suffix { $0 >= 48 && $0 <= 57 }
        return Int64(String(decoding: digits, as: UTF8.self))
    }
}

extension BidirectionalCollection {
    /// The longest end whose elements all pass.
    fileprivate func suffix(_ isWanted: (Element) -> Bool) -> SubSequence {
        var start = endIndex
        while start > startIndex, isWanted(self[index(before: start)]) { start = index(before: start) }
        return self[start...]
    }
}
