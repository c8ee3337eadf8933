import Kafka
import MeshCore
import Outbox
import Synchronization

/// One assigned partition: reads it once and feeds the loop of each service that takes its records.
///
/// A loop that loses its claim is replaced after a short wait; the others go on.
final class PartitionFeed: Sendable {
    let partition: TopicPartition
    private let environment: PartitionEnvironment
    private let consumer: any FetchControl
    private let state: Mutex<State>
    /// Held while the consumer is told whether to fetch, so that of two who tell it the later one knows better.
    private let telling = Mutex(())
    private let log = Log("worker")

    private struct State {
        var feed: FeedState
        var loops: [String: (loop: PartitionLoop, task: Task<Void, Never>)] = [:]
        /// The number of each service's loop: what another one of it still says is nobody's business.
        var current: [String: UInt64] = [:]
        var lastNumber: UInt64 = 0
        var positions: [String: Int64] = [:]
        var isStopping = false
        /// The generation of what it serves.
        var served: UInt64 = 0
    }

    init(_ partition: TopicPartition, environment: PartitionEnvironment, consumer: any FetchControl) {
        self.partition = partition
        self.environment = environment
        self.consumer = consumer
        state = Mutex(State(feed: FeedState(services: [], ticketsAfter: .random(in: 0..<1 << 62))))
    }

    /// Claims the partition for these services, beside those it has; those that are gone are stopped.
    ///
    /// Where a later `generation` was told already, this one comes too late and changes nothing.
    func serve(_ services: [String], generation: UInt64 = 0) {
        let (new, gone, actions) = state.withLock { state -> ([String], [PartitionLoop], [FeedState.Action]) in
            guard !state.isStopping, generation >= state.served else { return ([], [], []) }
            state.served = generation
            let new = services.filter { state.feed.receptions[$0] == nil }
            for service in new { state.feed.claiming(service) }
            var gone: [PartitionLoop] = []
            var actions: [FeedState.Action] = []
            for service in state.feed.receptions.keys where !services.contains(service) {
                actions.append(state.feed.remove(service))
                state.positions[service] = nil
                state.current[service] = nil
                if let loop = state.loops.removeValue(forKey: service) { gone.append(loop.loop) }
            }
            return (new, gone, actions)
        }
        for action in actions { perform(action) }
        // A full one holds up the others no longer.
        for loop in gone {
            setPausing(loop.id.group, false)
            loop.post(.drain)
        }
        // Schedules may be new or others.
        for (loop, _) in state.withLock({ Array($0.loops.values) }) { loop.post(.deployed) }
        for service in new { start(service, after: .zero) }
    }

    /// Records of this partition, in log order; called on the consumer's thread.
    func deliver(_ records: [KafkaRecord]) {
        guard let last = records.last?.offset else { return }
        let loops = state.withLock { state in
            state.feed.deliver(upTo: last).compactMap { state.loops[$0]?.loop }
        }
        for loop in loops { loop.deliver(records) }
    }

    /// What was asked for under this ticket is read from now on; called on the consumer's thread.
    func started(ticket: UInt64) { perform(state.withLock { $0.feed.started(ticket: ticket) }) }

    private func perform(_ action: FeedState.Action) {
        if case .read(let offset, let ticket) = action { consumer.read(self, from: offset, ticket: ticket) }
    }

    /// Reading failed for this partition alone (its log was cut or is gone): everything is claimed anew.
    func failed(_ error: KafkaError) {
        log.warning("reading \(partition) failed: \(error.message); claiming it anew")
        let loops = state.withLock { state in
            state.feed.halted()
            return state.loops.values.map(\.loop)
        }
        for loop in loops { loop.post(.fault(error.message)) }
    }

    /// Stops all loops; with `draining` after what is under way is committed and published.
    func stop(draining: Bool) async {
        let loops = state.withLock { state in
            state.isStopping = true
            return Array(state.loops.values)
        }
        for (loop, _) in loops { loop.post(draining ? .drain : .abandon) }
        for (_, task) in loops { await task.value }
    }

    /// True once it has been told to stop.
    var isStopping: Bool { state.withLock { $0.isStopping } }

    /// Whom it serves.
    var services: [String] { state.withLock { $0.feed.receptions.keys.sorted() } }

    /// The next offset that every service has stored; what lag tools are told.
    var storedOffset: Int64? {
        state.withLock { state in
            state.positions.count == state.feed.receptions.count ? state.positions.values.min() : nil
        }
    }

    // MARK: Loops

    private func start(_ service: String, after delay: Duration) {
        let id = PartitionID(group: service, topic: partition.topic, partition: partition.partition)
        let number = state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        let callbacks = PartitionLoop.Callbacks(
            ready: { [weak self] in self?.ready(service, number, at: $0) },
            pause: { [weak self] in self?.setPausing(service, true, by: number) },
            resume: { [weak self] in self?.setPausing(service, false, by: number) },
            progressed: { [weak self] offset in
                self?.state.withLock { state in
                    if state.current[service] == number { state.positions[service] = offset }
                }
            })
        let loop = PartitionLoop(id, environment: environment, callbacks: callbacks)
        state.withLock { state in
            guard !state.isStopping, state.feed.receptions[service] != nil else { return }
            state.current[service] = number
            let task = Task { [weak self] in
                if delay > .zero { try? await Task.sleep(for: delay) }
                guard let self else { return }
                await self.run(loop, service)
            }
            state.loops[service] = (loop, task)
        }
    }

    private func run(_ loop: PartitionLoop, _ service: String) async {
        let end = await loop.run(
            ends: { try await self.consumer.watermarks(self.partition) },
            isWanted: { self.state.withLock { !$0.isStopping && $0.loops[service]?.loop === loop } })
        guard case .lost(let reason) = end else { return }
        let action = state.withLock { state -> FeedState.Action? in
            // A service that isn't served any more, or that has another loop already, isn't this one's business.
            guard !state.isStopping, state.loops[service]?.loop === loop else { return nil }
            state.current[service] = nil
            return state.feed.reclaiming(service)
        }
        guard let action else { return }
        perform(action)
        environment.metrics.fenced.add(1)
        // Apart from each other, so that two owners of one partition don't take it from each other in step.
        let delay = Duration.milliseconds(Int64.random(in: 200...800))
        log.warning("\(loop.id) is claimed anew: \(reason)")
        setPausing(service, false)
        start(service, after: delay)
    }

    private func ready(_ service: String, _ number: UInt64, at offset: Int64) {
        let action = state.withLock { state -> FeedState.Action in
            guard state.current[service] == number else { return .none }
            state.positions[service] = offset
            return state.feed.ready(service, at: offset)
        }
        perform(action)
    }

    /// Notes that a service can take no more, or can again; `by`: if it is this loop that it has.
    private func setPausing(_ service: String, _ isPausing: Bool, by number: UInt64? = nil) {
        let isChanged = state.withLock { state in
            guard number == nil || state.current[service] == number else { return false }
            return state.feed.setPausing(service, isPausing)
        }
        guard isChanged else { return }
        telling.withLock { _ in
            consumer.setPaused(self, state.withLock { !$0.feed.pausing.isEmpty })
        }
    }
}

/// What a feed needs of the consumer.
protocol FetchControl: Sendable {
    /// Begins to read, or goes on elsewhere; the feed's `started` tells when that has taken effect.
    func read(_ feed: PartitionFeed, from offset: Int64, ticket: UInt64)
    func setPaused(_ feed: PartitionFeed, _ isPaused: Bool)
    func watermarks(_ partition: TopicPartition) async throws -> Watermarks
}
