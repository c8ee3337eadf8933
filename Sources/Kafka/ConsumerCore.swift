internal import CRdKafka
internal import MeshCore
import Synchronization

/// What a consumer's callers share with its thread: a list of commands, and who waits for the end.
///
/// Callers never touch the client; they leave a command and wake the thread, which alone uses the client and frees it.
final class ConsumerCore: Sendable {
    enum Command: Sendable {
        case subscribe([String])
        case start(TopicPartition, KafkaOffset, ticket: UInt64)
        case stop(TopicPartition)
        case pause([TopicPartition])
        case resume([TopicPartition])
        case commit([TopicPartition: Int64])
    }

    /// How a member ends its membership.
    enum Ending: Sendable {
        case leave
        /// The embedded broker never elects a new leader when the leader leaves during a rebalance, and the group hangs for
        /// ever; when a member just falls silent, it elects one after the session timeout.
        case fallSilent
    }

    private struct State: ~Copyable {
        var commands: [Command] = []
        /// Kept apart from the commands, so that many commits between two polls become one request.
        var commits: [TopicPartition: Int64] = [:]
        var isClosing = false
        /// From here on the client is about to be freed, and only the thread may touch it.
        var isEnding = false
        var isFreed = false
        var closers: [@Sendable () -> Void] = []
        var client: RDKafkaClient

        init(_ client: RDKafkaClient) { self.client = client }
    }

    private let settings: [(String, String)]
    private let delegate: any KafkaConsumerDelegate
    private let limits: ConsumerLimits
    private let isEmbedded: Bool
    private let isReader: Bool
    private let state: Mutex<State>

    init(
        _ settings: [(String, String)], limits: ConsumerLimits, delegate: any KafkaConsumerDelegate, isEmbedded: Bool,
        isReader: Bool = false
    ) throws(KafkaError) {
        self.settings = settings
        state = Mutex(State(try ConsumerCore.makeClient(settings)))
        self.limits = limits
        self.delegate = delegate
        self.isEmbedded = isEmbedded
        self.isReader = isReader
    }

    private static func makeClient(_ settings: [(String, String)]) throws(KafkaError) -> RDKafkaClient {
        try RDKafkaClient(
            RD_KAFKA_CONSUMER, settings,
            events: RD_KAFKA_EVENT_FETCH | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_REBALANCE
                | RD_KAFKA_EVENT_OFFSET_COMMIT)
    }

    func start() {
        DedicatedThread.start(isReader ? "kafka-reader" : "kafka-consumer") { [self] in
            var loop = ConsumerLoop(
                client: state.withLock { $0.client }, delegate: delegate, limits: limits, isReader: isReader,
                watch: isEmbedded ? EmbeddedBrokerWatch() : nil, core: self)
            var fetchWait: Int?
            running: while true {
                switch loop.run() {
                case .closing: break running
                case .brokerGone: replaceClient(of: &loop, fetchWait: fetchWait)
                case .starved:
                    let longer = min((fetchWait ?? 5) * 10, 500)
                    fetchWait = longer
                    Log("kafka").warning(
                        "the embedded broker has so many batches that its fetches take long; each waits up to \(longer) ms from now on"
                    )
                    replaceClient(of: &loop, fetchWait: longer)
                }
            }
            loop.end(isEmbedded && !isReader ? .fallSilent : .leave)
            loop.releaseQueues()
            // Outside the lock, because ending the client's threads may take a moment.
            let client = state.withLock { state in
                state.isEnding = true
                return state.client
            }
            client.destroy()
            let closers = state.withLock { state in
                state.isFreed = true
                let closers = state.closers
                state.closers = []
                return closers
            }
            for done in closers { done() }
        }
    }

    private func replaceClient(of loop: inout ConsumerLoop, fetchWait: Int?) {
        loop.watch = EmbeddedBrokerWatch()
        loop.isBrokerGone = false
        do throws(KafkaError) {
            let next = try ConsumerCore.makeClient(
                settings + (fetchWait.map { [("fetch.wait.max.ms", "\($0)")] } ?? []))
            loop.move(to: next)
            let last = state.withLock { state in
                let last = state.client
                state.client = next
                return last
            }
            last.destroy()
        } catch {
            delegate.failed(error, partition: nil)
        }
    }

    func perform(_ command: Command) {
        state.withLock { state in
            guard !state.isClosing else { return }
            if case .commit(let offsets) = command {
                state.commits.merge(offsets) { _, new in new }
            } else {
                state.commands.append(command)
            }
            state.client.wake()
        }
    }

    func close(_ done: @escaping @Sendable () -> Void) {
        let isFreed = state.withLock { state in
            if state.isFreed { return true }
            state.isClosing = true
            state.closers.append(done)
            if !state.isEnding { state.client.wake() }
            return false
        }
        if isFreed { done() }
    }

    /// Takes what callers asked for since the last time; for the thread alone.
    func takeWork() -> (commands: [Command], commits: [TopicPartition: Int64], isClosing: Bool) {
        state.withLock { state in
            let work = (state.commands, state.commits, state.isClosing)
            state.commands = []
            state.commits = [:]
            return work
        }
    }

    /// Takes only the commits; for the thread alone, when partitions are about to go.
    func takeCommits() -> [TopicPartition: Int64] {
        state.withLock { state in
            let commits = state.commits
            state.commits = [:]
            return commits
        }
    }
}
