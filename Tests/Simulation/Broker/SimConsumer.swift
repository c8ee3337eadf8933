import Kafka

@testable import WasmWorker

/// A member of the group as the product's consumer is one: a thread that polls, hands records over, and does what it is asked for.
///
/// Unchecked: there is one thread.
final class SimConsumer: GroupMember, @unchecked Sendable {
    let process: SimProcess
    private let broker: SimBroker
    private let delegate: any KafkaConsumerDelegate
    private(set) var topics: [String] = []
    private var owned: Set<TopicPartition> = []
    private var reading: [TopicPartition: Int64] = [:]
    private var paused: Set<TopicPartition> = []
    private var halted: Set<TopicPartition> = []
    private var fetching: Set<TopicPartition> = []
    private var nextFree: Int64 = 0

    /// The session is over; the member may not know yet.
    var isExpelled = false
    var pauses = 0
    /// The generation it has given everything up for.
    var joined = 0

    init(_ process: SimProcess, _ broker: SimBroker, delegate: any KafkaConsumerDelegate) {
        self.process = process
        self.broker = broker
        self.delegate = delegate
    }

    /// What its thread does, in this order.
    private func perform(_ delay: ClosedRange<Int64> = 20...1500, _ body: @escaping () -> Void) {
        let world = broker.world
        nextFree = max(nextFree, world.now + world.duration(delay))
        world.at(nextFree, process, body)
    }

    // MARK: GroupMember

    func subscribe(_ topics: [String]) {
        perform {
            self.topics = topics
            self.broker.join(self)
        }
    }

    func start(_ partition: TopicPartition, at offset: KafkaOffset, ticket: UInt64) {
        guard case .at(let first) = offset else { return }
        perform {
            guard self.owned.contains(partition) else { return }
            self.reading[partition] = first
            self.halted.remove(partition)
            self.delegate.started(partition, ticket: ticket)
            self.fetch(partition)
        }
    }

    func pause(_ partitions: [TopicPartition]) { perform { self.paused.formUnion(partitions) } }

    func resume(_ partitions: [TopicPartition]) {
        perform {
            self.paused.subtract(partitions)
            for partition in partitions { self.fetch(partition) }
        }
    }

    func commit(_ offsets: [TopicPartition: Int64]) {}

    // MARK: Fetching

    func wake(_ partition: TopicPartition) { if reading[partition] != nil { fetch(partition) } }

    private func fetch(_ partition: TopicPartition) {
        guard !fetching.contains(partition) else { return }
        fetching.insert(partition)
        let world = broker.world
        let delay = world.chance(3) ? world.duration(5000...300_000) : world.duration(200...6000)
        world.after(delay, process) {
            self.perform(0...200) {
                self.fetching.remove(partition)
                self.deliver(partition)
            }
        }
    }

    private func deliver(_ partition: TopicPartition) {
        guard let position = reading[partition], !paused.contains(partition), !halted.contains(partition), !isExpelled,
            !broker.isAway, let end = broker.end(of: partition)
        else { return }
        if position > end {
            halted.insert(partition)
            let error = KafkaError(.offsetOutOfRange, "offset \(position) is beyond the end \(end)")
            return delegate.failed(error, partition: partition)
        }
        let records = broker.records(of: partition, from: position, limit: Int(broker.world.duration(1...12)))
        guard let last = records.last else { return }
        reading[partition] = last.offset + 1
        broker.world.note("records of \(partition) \(records.first?.offset ?? 0)...\(last.offset)")
        delegate.records(records)
        fetch(partition)
    }

    func brokerIsBack(hasForgotten: Bool) {
        if hasForgotten { isExpelled = true }
        broker.world.after(broker.world.duration(10_000...500_000), process) { self.learnOfSession() }
        for partition in reading.keys.sorted() { fetch(partition) }
    }

    // MARK: The group

    func give(up delay: Int64, generation: Int) {
        broker.world.after(delay, process) {
            self.perform {
                guard generation == self.broker.generation else { return }
                if self.isExpelled { return }
                self.giveUp { self.delegate.revoked($0) }
                self.joined = generation
            }
        }
    }

    /// Hears that its session is over, if it is, and joins anew.
    func learnOfSession() {
        perform(1000...200_000) {
            guard self.isExpelled else { return }
            self.giveUp { self.delegate.lost($0) }
            self.isExpelled = false
            self.broker.join(self)
        }
    }

    private func giveUp(_ tell: ([TopicPartition]) -> Void) {
        let gone = owned.sorted()
        if !gone.isEmpty { tell(gone) }
        owned = []
        reading = [:]
        paused = []
        halted = []
    }

    func take(_ partitions: [TopicPartition], generation: Int) {
        broker.world.after(broker.world.duration(500...60_000), process) {
            self.perform {
                guard generation == self.broker.generation, !self.isExpelled else { return }
                self.owned.formUnion(partitions)
                self.broker.world.note("assigned \(partitions)")
                _ = self.delegate.assigned(partitions)
            }
        }
    }
}
