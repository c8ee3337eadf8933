import Kafka

/// A Kafka cluster: logs, one consumer group with its rebalances, and outages, after which the data may be gone.
///
/// Unchecked: there is one thread.
final class SimBroker: @unchecked Sendable {
    let world: World
    let model: Model
    let partitions: Int32
    let isVolatile: Bool
    private(set) var topics: [String: [[KafkaRecord]]] = [:]
    private(set) var awayUntil: Int64 = 0
    /// Rises with each loss of its data.
    private(set) var life = 1

    /// Who reads without being a member of the group.
    var readers: [SimReplyReader] = []

    // The group.
    var members: [SimConsumer] = []
    var generation = 0
    var sessionTimeout: Int64 = 2_000_000

    init(world: World, model: Model, partitions: Int32, isVolatile: Bool) {
        self.world = world
        self.model = model
        self.partitions = partitions
        self.isVolatile = isVolatile
    }

    var isAway: Bool { world.now < awayUntil }

    func create(_ names: [String]) {
        for name in names where topics[name] == nil {
            topics[name] = Array(repeating: [], count: Int(partitions))
        }
        // Members learn of new topics sooner or later.
        if !members.isEmpty { world.after(world.duration(10_000...400_000)) { self.rebalance() } }
    }

    /// The topics that there are, for somebody who asks over the network; nil where there is no answer.
    func topicNames(for process: SimProcess) async -> Set<String>? {
        await withUnsafeContinuation { continuation in
            world.after(world.duration(200...3000), process) {
                continuation.resume(returning: self.isAway ? nil : Set(self.topics.keys))
            }
        }
    }

    // MARK: Logs

    enum Refusal { case away, noTopic }

    /// Writes records of one partition; nil when they are safe.
    func append(_ records: [OutgoingRecord]) -> Refusal? {
        guard let first = records.first else { return nil }
        if isAway { return .away }
        let index = Int(first.partition)
        guard var log = topics[first.topic]?[index] else { return .noTopic }
        for record in records {
            let offset = (log.last?.offset ?? -1) + (world.chance(3) ? 2 : 1)
            let written = KafkaRecord(
                topic: record.topic, partition: record.partition, offset: offset, timestamp: world.now / 1000,
                key: record.key, value: record.value, headers: record.headers.list)
            log.append(written)
            model.appended(written, life: life)
        }
        topics[first.topic]?[index] = log
        let place = TopicPartition(first.topic, first.partition)
        for member in members { member.wake(place) }
        for reader in readers { reader.wake(place) }
        return nil
    }

    /// Where the log ends; nil where there is no such partition.
    func end(of partition: TopicPartition) -> Int64? {
        guard let log = topics[partition.topic]?[Int(partition.partition)] else { return nil }
        return (log.last?.offset ?? -1) + 1
    }

    func records(of partition: TopicPartition, from offset: Int64, limit: Int) -> [KafkaRecord] {
        guard let log = topics[partition.topic]?[Int(partition.partition)] else { return [] }
        var low = 0
        var high = log.count
        while low < high {
            let middle = (low + high) / 2
            if log[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return Array(log[low..<min(log.count, low + limit)])
    }

    // MARK: Outages

    /// One topic is gone, and made anew some time later by whoever misses it.
    func lose(_ topic: String) {
        topics[topic] = nil
        model.forgetOffsets()
    }

    func goAway(for time: Int64, isEmpty: Bool) {
        awayUntil = max(awayUntil, world.now + time)
        let isLost = isEmpty && isVolatile
        if isLost {
            topics = [:]
            life += 1
        }
        world.at(awayUntil) {
            guard !self.isAway else { return }
            self.world.note("the broker is back")
            for member in self.members { member.brokerIsBack(hasForgotten: isLost) }
            for reader in self.readers { reader.brokerIsBack() }
            if isLost || time > self.sessionTimeout { self.rebalance() }
        }
    }
}
