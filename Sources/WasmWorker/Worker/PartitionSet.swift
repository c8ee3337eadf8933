import Kafka
import MeshCore
import Outbox
import Synchronization

/// The partitions a worker has been given, each with its feed; the consumer's delegate.
final class PartitionSet: KafkaConsumerDelegate, FetchControl {
    private struct State {
        var feeds: [TopicPartition: PartitionFeed] = [:]
        var subscriptions: [String: [String]] = [:]
        /// Counts them, so that a feed which is told two at once keeps the later one.
        var generation: UInt64 = 0
        var consumer: (any GroupMember)?
        var isStopping = false
        var lastCommitted: [TopicPartition: Int64] = [:]
    }

    private let environment: PartitionEnvironment
    private let log: any LogEnds
    private let state = Mutex(State())

    init(environment: PartitionEnvironment, log: any LogEnds) {
        self.environment = environment
        self.log = log
    }

    func attach(_ consumer: any GroupMember) { state.withLock { $0.consumer = consumer } }

    /// Which services take each topic's records from now on; topics that are new or gone change the subscription.
    func serve(_ subscriptions: [String: [String]]) {
        let (consumer, feeds, generation) = state.withLock { state in
            let changed = Set(subscriptions.keys) != Set(state.subscriptions.keys)
            state.subscriptions = subscriptions
            state.generation += 1
            return (changed ? state.consumer : nil, state.feeds, state.generation)
        }
        consumer?.subscribe(subscriptions.keys.sorted())
        for (partition, feed) in feeds { feed.serve(subscriptions[partition.topic] ?? [], generation: generation) }
    }

    /// The partitions this worker has, for its heartbeat.
    var partitions: [TopicPartition] { state.withLock { $0.feeds.keys.sorted() } }

    /// Stops all feeds after what is under way is committed and published, or at the limit, whatever still waits for a database or a broker then.
    func drain(within limit: Duration) async {
        let feeds = state.withLock { state in
            state.isStopping = true
            return Array(state.feeds.values)
        }
        for feed in feeds { setPaused(feed, true) }
        if !(await TimeLimit.run(limit, { await PartitionSet.stop(feeds, draining: true) })) {
            // Those that work end at once; a claim that nobody answers is let go of, and finds itself stopped when it is answered.
            _ = await TimeLimit.run(.seconds(1)) { await PartitionSet.stop(feeds, draining: false) }
        }
        reportOffsets()
        // Feeds hold on to their set, and it to them: else nothing of a worker that has ended were ever freed, its engine neither.
        state.withLock { state in
            state.feeds = [:]
            state.consumer = nil
        }
    }

    private static func stop(_ feeds: [PartitionFeed], draining: Bool) async {
        await withTaskGroup(of: Void.self) { group in
            for feed in feeds { group.addTask { await feed.stop(draining: draining) } }
        }
    }

    /// Writes the stored positions to Kafka, where they have moved, for lag tools.
    func reportOffsets() {
        let (consumer, offsets) = state.withLock { state -> ((any GroupMember)?, [TopicPartition: Int64]) in
            var offsets: [TopicPartition: Int64] = [:]
            for (partition, feed) in state.feeds {
                guard let offset = feed.storedOffset, state.lastCommitted[partition] != offset else { continue }
                offsets[partition] = offset
            }
            state.lastCommitted.merge(offsets) { $1 }
            return (state.consumer, offsets)
        }
        if !offsets.isEmpty { consumer?.commit(offsets) }
    }

    // MARK: KafkaConsumerDelegate

    func committed(_ offsets: [TopicPartition: Int64], error: KafkaError?) {
        guard let error else { return }
        KafkaProducer.logFailure(error)
        // Told again: where nothing more comes it would never move, and lag tools would see work that isn't there.
        state.withLock { state in
            for (partition, offset) in offsets where state.lastCommitted[partition] == offset {
                state.lastCommitted[partition] = nil
            }
        }
    }

    func assigned(_ partitions: [TopicPartition]) -> [TopicPartition: KafkaOffset] {
        let (new, generation) = state.withLock { state -> ([(PartitionFeed, [String])], UInt64) in
            guard !state.isStopping else { return ([], 0) }
            let new = partitions.map { partition in
                let feed = PartitionFeed(partition, environment: environment, consumer: self)
                state.feeds[partition] = feed
                return (feed, state.subscriptions[partition.topic] ?? [])
            }
            return (new, state.generation)
        }
        // A loop whose service has gone may have committed since the last one was given back, and others may have written behind it.
        environment.states.clear()
        for (feed, services) in new { feed.serve(services, generation: generation) }
        return [:]
    }

    func revoked(_ partitions: [TopicPartition]) {
        reportOffsets()
        release(partitions)
    }

    func lost(_ partitions: [TopicPartition]) { release(partitions) }

    private func release(_ partitions: [TopicPartition]) {
        let gone = state.withLock { state in
            partitions.compactMap { partition in
                state.lastCommitted[partition] = nil
                return state.feeds.removeValue(forKey: partition)
            }
        }
        // Others may write these keys from now on.
        environment.states.clear()
        environment.workflows.clear()
        Task { [environment] in
            await PartitionSet.stop(gone, draining: false)
            // A commit that was under way may have been answered since.
            environment.states.clear()
        }
    }

    func started(_ partition: TopicPartition, ticket: UInt64) {
        state.withLock { $0.feeds[partition] }?.started(ticket: ticket)
    }

    func records(_ records: [KafkaRecord]) {
        var start = 0
        while start < records.count {
            let partition = TopicPartition(records[start].topic, records[start].partition)
            var end = start + 1
            while end < records.count, records[end].partition == partition.partition,
                records[end].topic == partition.topic
            { end += 1 }
            let feed = state.withLock { $0.feeds[partition] }
            feed?.deliver(start == 0 && end == records.count ? records : Array(records[start..<end]))
            start = end
        }
    }

    func failed(_ error: KafkaError, partition: TopicPartition?) {
        guard let partition, let feed = state.withLock({ $0.feeds[partition] }) else {
            return KafkaProducer.logFailure(error)
        }
        feed.failed(error)
    }

    // MARK: FetchControl

    func read(_ feed: PartitionFeed, from offset: Int64, ticket: UInt64) {
        consumer(of: feed)?.start(feed.partition, at: .at(offset), ticket: ticket)
    }

    func setPaused(_ feed: PartitionFeed, _ isPaused: Bool) {
        let consumer = consumer(of: feed)
        if isPaused { consumer?.pause([feed.partition]) } else { consumer?.resume([feed.partition]) }
    }

    /// The consumer, unless the partition has been taken from this feed: it may have another one by now.
    private func consumer(of feed: PartitionFeed) -> (any GroupMember)? {
        state.withLock { $0.feeds[feed.partition] === feed ? $0.consumer : nil }
    }

    func watermarks(_ partition: TopicPartition) async throws -> Watermarks { try await log.watermarks(partition) }
}
