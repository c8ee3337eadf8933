/// A record as somebody outside the mesh read it.
package struct SeenRecord: Sendable {
    package var topic: String
    package var partition: Int32
    package var offset: Int64
    /// Which life of the broker it was read in, from 0; the embedded one loses its topics at each end.
    package var life: Int
    package var lane: Int64
    package var epoch: Int64
    package var sequence: Int64
    package var id: String
    package var key: String
    /// The number of a step or entry; 0 of what has none.
    package var number: Int

    package init(
        topic: String, partition: Int32 = 0, offset: Int64, life: Int = 0, lane: Int64, epoch: Int64 = 1,
        sequence: Int64, id: String, key: String, number: Int = 0
    ) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.life = life
        self.lane = lane
        self.epoch = epoch
        self.sequence = sequence
        self.id = id
        self.key = key
        self.number = number
    }
}

/// What the topics must look like to a consumer that follows docs/wire.md: what comes twice has the lane and sequence that it had before. Pure.
///
/// Where the broker never lost its topics, everything must be there. Where it did (it keeps them in memory), what had been consumed before isn't
/// published again; what is there must be in order and without a gap in each of its lives, up to the last that was sent.
package struct TopicBooks: Sendable {
    package var records: [SeenRecord]
    /// How often the broker has begun empty after its first time.
    package var losses: Int

    package init(records: [SeenRecord], losses: Int = 0) {
        self.records = records
        self.losses = losses
    }

    /// A topic whose keys count from 1 to what was sent.
    package func checkOrder(of topic: String, sent: [String: Int]) -> [String] {
        var violations: [String] = []
        for life in 0...losses {
            let numbers = Dictionary(grouping: consumed(topic, life), by: \.key).mapValues { $0.map(\.number) }
            for (key, seen) in numbers.sorted(by: { $0.key < $1.key }) {
                let place = "\(topic) of \(key)\(losses > 0 ? " in the broker's life \(life)" : "")"
                for (former, next) in zip(seen, seen.dropFirst()) where next != former + 1 {
                    violations.append("\(place): \(next) came after \(former)")
                    break
                }
                if life == 0, let first = seen.first, first != 1 { violations.append("\(place) begins with \(first)") }
                if let last = seen.last, last > sent[key, default: 0] {
                    violations.append("\(place) has \(last), and \(sent[key, default: 0]) were committed")
                }
                if life == losses, let last = seen.last, last < sent[key, default: 0] {
                    violations.append("\(place) ends with \(last) of \(sent[key, default: 0])")
                }
            }
            if losses == 0 {
                for key in sent.keys.sorted() where numbers[key] == nil {
                    violations.append("\(topic) has nothing of \(key)")
                }
            }
        }
        return violations
    }

    /// A topic in which each key has one message, whatever the broker went through.
    package func checkOnce(in topic: String, expected: Set<String>, possible: Set<String>) -> [String] {
        var ids: [String: Set<String>] = [:]
        for record in records where record.topic == topic { ids[record.key, default: []].insert(record.id) }
        var violations: [String] = []
        for (key, found) in ids.sorted(by: { $0.key < $1.key }) {
            if found.count > 1 {
                violations.append("\(topic) has \(found.count) different messages of \(key): \(found.sorted())")
            }
            if !possible.contains(key) {
                violations.append("\(topic) has a message of \(key), which was never committed")
            }
        }
        if losses == 0 {
            for key in expected.sorted() where ids[key] == nil { violations.append("\(topic) has nothing of \(key)") }
        }
        return violations
    }

    /// What a consumer that deduplicates takes of a topic in one life of the broker, in order.
    private func consumed(_ topic: String, _ life: Int) -> [SeenRecord] {
        let present = records.filter { $0.topic == topic && $0.life == life }
            .sorted { ($0.partition, $0.offset) < ($1.partition, $1.offset) }
        // What was published before the refill is published again by it, in order, under a higher epoch.
        var epochs: [Int64: Int64] = [:]
        for record in present { epochs[record.lane] = max(epochs[record.lane, default: 0], record.epoch) }
        struct Stream: Hashable {
            var partition: Int32
            var lane: Int64
        }
        var highest: [Stream: Int64] = [:]
        return present.filter { record in
            guard record.epoch == epochs[record.lane] else { return false }
            let stream = Stream(partition: record.partition, lane: record.lane)
            guard record.sequence > highest[stream, default: 0] else { return false }
            highest[stream] = record.sequence
            return true
        }
    }
}
