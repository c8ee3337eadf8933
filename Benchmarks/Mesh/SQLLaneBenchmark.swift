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
            "| run | written | in Kafka | commit → Kafka p50 | p99 | with the statement p50 | p99 | µs of CPU per message: \(CPUTimes.parts.joined(separator: ", ")) |"
        )
        say("|---|---|---|---|---|---|---|---|")
        for run in Run.all {
            let outcome = try await measure(stage, run)
            let delays =
                run.rate == nil
                ? " | | | |"
                : [outcome.sinceCommit, outcome.sinceStatement].map {
                    " \(decimal($0.percentile(0.5))) ms | \(decimal($0.percentile(0.99))) ms |"
                }.joined()
            say("| \(run.name) | \(Int(outcome.written))/s | \(Int(outcome.arrived))/s |\(delays) \(outcome.cpu) |")
        }
        say("\nGoal: 50,000/s, and at half of that a p99 of less than 50 ms from the commit to Kafka.")
        say(
            "Delays end in a consumer's hands. They begin when the session has its commit, or when it sent the statement."
        )
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
        var sinceCommit: Distribution
        var sinceStatement: Distribution
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
        let arrivals = Arrivals(total: options.messages, keepsTimes: run.rate != nil)
        let reader = try KafkaReader(stage.kafka) { arrivals.take($0) }
        for partition in 0..<options.partitions {
            reader.start(TopicPartition("bench.added", partition), at: .beginning)
        }
        let times = try await CPUTimes(stage, writers: writers)
        if run.isBacklog { _ = try await write(writers, options, run) }
        let before = times.now
        let start = ContinuousClock.now
        let background = Task {
            let relay = SQLRelay(database, RelayConfiguration(owner: "bench")) { try KafkaLanePublisher(kafka) }
            async let janitor: Void = Janitor(database).run()
            await relay.run()
            await janitor
        }
        let transactions = run.isBacklog ? [] : try await write(writers, options, run)
        let written = (.now - start) / .seconds(1)
        await arrivals.complete()
        let arrived = (.now - start) / .seconds(1)
        let cpu = times.cells(since: before, messages: options.messages)
        background.cancel()
        await background.value
        await reader.close()
        let count = Double(options.messages)
        return Outcome(
            written: run.isBacklog ? 0 : count / written, arrived: count / arrived,
            sinceCommit: arrivals.delays(since: transactions.map { ($0.messages, $0.committed) }),
            sinceStatement: arrivals.delays(since: transactions.map { ($0.messages, $0.sent) }), cpu: cpu)
    }

    private static let emit = Statement(
        "bench emit",
        """
        SELECT count(mesh.emit('bench.added', 'name-' || i % 5000,
            '{"name":"name-' || i % 5000 || '","total":"' || i || '"}'))
        FROM generate_series($1::int8, $2::int8) i
        """)

    private static let emitAll = Statement(
        "bench emit all",
        """
        SELECT mesh.emit_all('bench.added', array_agg('name-' || i % 5000),
            array_agg('{"name":"name-' || i % 5000 || '","total":"' || i || '"}'))
        FROM generate_series($1::int8, $2::int8) i
        """)

    /// Each session emits in transactions of a size that fits the rate.
    private static func write(_ pool: PostgresPool, _ options: Options, _ run: Run) async throws -> [Transaction] {
        let size = run.transaction
        let perSession = options.messages / options.sessions / size * size
        let pause = run.rate.map { Duration.seconds(1) * size * options.sessions / $0 }
        return try await withThrowingTaskGroup(of: [Transaction].self) { group in
            for (index, session) in pool.connections.enumerated() {
                let isLast = index == pool.connections.count - 1
                let end = isLast ? options.messages : perSession * (index + 1)
                group.addTask {
                    var transactions: [Transaction] = []
                    var due = ContinuousClock.now
                    for first in stride(from: perSession * index, to: end, by: size) {
                        let messages = first..<min(end, first + size)
                        let sent = Timestamp.now.microseconds
                        _ = try await session.query(
                            run.statement, .int64(Int64(messages.lowerBound)), .int64(Int64(messages.upperBound - 1)))
                        transactions.append(
                            Transaction(messages: messages, sent: sent, committed: Timestamp.now.microseconds))
                        guard let pause else { continue }
                        due += pause
                        if due > .now { try await Task.sleep(until: due, clock: .continuous) }
                    }
                    return transactions
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    /// What one statement emitted, and when (in µs since the epoch) it was sent and known to be committed.
    private struct Transaction: Sendable {
        var messages: Range<Int>
        var sent: Int64
        var committed: Int64
    }
}

/// Counts what comes out of Kafka, and notes when.
private final class Arrivals: Sendable {
    private struct State {
        var count = 0
        /// By the message's number, in µs since the epoch; 0 until it comes.
        var times: [Int64]
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let total: Int
    private let state: Mutex<State>

    init(total: Int, keepsTimes: Bool) {
        self.total = total
        state = Mutex(State(times: keepsTimes ? Array(repeating: 0, count: total) : []))
    }

    /// Milliseconds from each message's time to its arrival. The first tenth of the time doesn't count: the relay's lease and the clients' connections
    /// are made meanwhile. None is less than 0: a message may arrive before its session hears of the commit.
    func delays(since starts: [(messages: Range<Int>, time: Int64)]) -> Distribution {
        guard let began = starts.map(\.time).min(), let ended = starts.map(\.time).max() else {
            return Distribution([])
        }
        let times = state.withLock { $0.times }
        guard !times.isEmpty else { return Distribution([]) }
        let warm = began + (ended - began) / 10
        return Distribution(
            starts.filter { $0.time > warm }
                .flatMap { start in times[start.messages].map { max(0, Double($0 - start.time) / 1000) } })
    }

    func take(_ records: [KafkaRecord]) {
        let now = Timestamp.now.microseconds
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.count += records.count
            if !state.times.isEmpty {
                for record in records { if let number = Arrivals.number(record) { state.times[number] = now } }
            }
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
    private static func number(_ record: KafkaRecord) -> Int? {
        guard let value = record.value else { return nil }
        let digits = value.dropLast(2).suffix { $0 >= 48 && $0 <= 57 }
        return Int(String(decoding: digits, as: UTF8.self))
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
