internal import MeshCore

/// Records that the embedded broker skips.
///
/// It announces a partition's new end before it has stored the batch. Where two producers write to one partition, the second
/// one's batch may be stored first: a fetch in between finds it, and what would follow goes on behind it. Nothing else leaves
/// holes in that broker's logs, so what comes behind a hole is thrown away and read again from there.
extension ConsumerLoop {
    /// Where records are missing that the embedded broker has announced.
    struct Hole {
        let offset: Int64
        let since: ContinuousClock.Instant
        /// How often it was read from there since.
        var reads = 0
    }

    /// How long a hole is taken for one that will be filled.
    static let patienceWithHoles = Duration.seconds(2)
    /// And how often it is read again at least: a process that stood still for longer has looked only once.
    static let readsOfHoles = 5

    /// The records that follow on what was handed over before; partitions with a hole go back to it.
    mutating func withoutWhatFollowsHoles(_ records: [KafkaRecord]) -> [KafkaRecord] {
        var kept: [KafkaRecord]?
        var positions: [TopicPartition: Int64] = [:]
        var current: TopicPartition?
        var expected: Int64 = -1
        for (index, record) in records.enumerated() {
            if current?.partition != record.partition || current?.topic != record.topic {
                if let current { positions[current] = expected }
                let partition = TopicPartition(record.topic, record.partition)
                current = partition
                expected = positions[partition] ?? reading[partition] ?? -1
            }
            // Below zero it is a name for a beginning that only the broker knows.
            if expected >= 0, record.offset > expected, let current, goesBack(current, to: expected) {
                kept = kept ?? Array(records[..<index])
                continue
            }
            expected = record.offset + 1
            kept?.append(record)
        }
        return kept ?? records
    }

    /// Asks for the partition to be read again from a hole; false where the hole has been there for too long.
    private mutating func goesBack(_ partition: TopicPartition, to offset: Int64) -> Bool {
        let now = ContinuousClock.now
        if let hole = holes[partition], hole.offset == offset {
            guard now - hole.since < ConsumerLoop.patienceWithHoles || hole.reads < ConsumerLoop.readsOfHoles else {
                holes[partition] = nil
                KafkaLog.write(
                    .warning, kind: "hole",
                    "reading \(partition): there is nothing at offset \(offset); going on behind it")
                return false
            }
        } else {
            holes[partition] = Hole(offset: offset, since: now)
        }
        if seeks.beginnings[partition] == nil {
            seeks.add(partition, Beginning(offset: offset, ticket: nil))
            holes[partition]?.reads += 1
        }
        return true
    }
}
