import Embedded
import TestSupport
import Testing

@testable import Kafka

/// What a producer of the embedded broker holds back, so that it makes fewer requests.
@Suite struct RequestSpacingTests {
    private let place = TopicPartition("t", 0)
    private let other = TopicPartition("t", 1)

    @Test func `the first of a partition goes at once, with what comes at the same time`() {
        let now = ContinuousClock.now
        let spacing = Spaced()
        #expect(!spacing.mustWait(place, now: now))
        #expect(!spacing.mustWait(place, now: now))
        #expect(!spacing.mustWait(other, now: now))
        #expect(spacing.mustWait(place, now: now + .milliseconds(4)))
        #expect(!spacing.mustWait(other, now: now + .milliseconds(5)))
        #expect(spacing.due == nil)
    }

    @Test func `partitions that had their pause are forgotten, those with something waiting never`() {
        var now = ContinuousClock.now
        let spacing = Spaced()
        #expect(!spacing.mustWait(place, now: now))
        #expect(spacing.mustWait(place, now: now + .milliseconds(1)))
        spacing.hold(1, for: place)
        for index in 0..<10_000 {
            now += .milliseconds(1)
            #expect(!spacing.mustWait(TopicPartition("made-up-\(index)", 0), now: now))
            #expect(spacing.partitionCount <= 1000)
        }
        #expect(spacing.take(now: now).map(\.items) == [[1]])
    }

    @Test func `what waits goes a gap after the last, in order`() {
        let now = ContinuousClock.now
        let spacing = Spaced()
        #expect(!spacing.mustWait(place, now: now))
        for item in 1...3 {
            #expect(spacing.mustWait(place, now: now + .milliseconds(item)))
            spacing.hold(item, for: place)
        }
        #expect(spacing.due == now + .milliseconds(5))
        #expect(spacing.take(now: now + .milliseconds(4)).isEmpty)
        let taken = spacing.take(now: now + .milliseconds(6))
        #expect(taken.map(\.items) == [[1, 2, 3]])
        #expect(spacing.count == 0)
        #expect(spacing.due == nil)
        // A request has just gone.
        #expect(spacing.mustWait(place, now: now + .milliseconds(8)))
    }

    @Test func `nothing overtakes what waits, however long ago the last request was`() {
        let now = ContinuousClock.now
        let spacing = Spaced()
        #expect(!spacing.mustWait(place, now: now))
        #expect(spacing.mustWait(place, now: now + .milliseconds(1)))
        spacing.hold(1, for: place)
        #expect(spacing.mustWait(place, now: now + .seconds(1)))
        spacing.hold(2, for: place)
        let taken = spacing.take(now: now + .seconds(1))
        #expect(taken.map(\.items) == [[1, 2]])
    }

    @Test func `what finds no room keeps its place`() {
        let now = ContinuousClock.now
        let spacing = Spaced()
        #expect(!spacing.mustWait(place, now: now))
        for item in 1...4 { spacing.holdIfNeeded(item, place, now + .milliseconds(1)) }
        let taken = spacing.take(now: now + .milliseconds(5))
        spacing.putBack(taken[0].items[2...], for: place)
        spacing.holdIfNeeded(5, place, now + .milliseconds(6))
        #expect(spacing.count == 3)
        #expect(spacing.due == now + .milliseconds(10))
        #expect(spacing.take(now: now + .milliseconds(10)).map(\.items) == [[3, 4, 5]])
    }

    @Test func `everything comes in order, each once, whatever the times`() {
        var seed = Seed()
        for _ in 0..<200 {
            let spacing = Spaced()
            var now = ContinuousClock.now
            var (sent, out): ([TopicPartition: [Int]], [TopicPartition: [Int]]) = ([:], [:])
            for item in 0..<60 {
                now += .milliseconds(seed.integer(in: 0...4))
                let partition = seed.integer(in: 0...1) == 0 ? place : other
                sent[partition, default: []].append(item)
                if !spacing.holdIfNeeded(item, partition, now) { out[partition, default: []].append(item) }
                if seed.integer(in: 0...2) == 0 {
                    for (partition, items) in spacing.take(now: now) { out[partition, default: []] += items }
                }
            }
            for (partition, items) in spacing.take(now: now, everything: true) { out[partition, default: []] += items }
            #expect(out == sent, "\(seed)")
            #expect(spacing.count == 0)
        }
    }

    @Test func `a producer's records stay in order, and closing hands over what it holds`() async throws {
        try await withBroker { configuration in
            let topic = try await makeTopic(configuration)
            let reports = Collector<DeliveryReport>()
            let producer = try KafkaProducer(configuration) { reports.append(contentsOf: $0) }
            for value in 0..<300 {
                try producer.produce(
                    OutgoingRecord(topic: topic, partition: 0, key: nil, value: Array("\(value)".utf8)),
                    tag: UInt64(value))
                if value % 100 == 99 { try await producer.flush(within: .seconds(10)) }
            }
            await producer.close(flushing: .seconds(10))
            #expect(reports.all.map(\.tag) == (0..<300).map { UInt64($0) })
            #expect(reports.all.allSatisfy { $0.error == nil })
            let read = try await readAll(configuration, topic, count: 300)
            #expect(read.map(\.text) == (0..<300).map { "\($0)" })
        }
    }

    @Test func `what is held for a partition that isn't there is refused by a report`() async throws {
        try await withBroker { configuration in
            let topic = try await makeTopic(configuration)
            let reports = Collector<DeliveryReport>()
            let producer = try KafkaProducer(configuration) { reports.append(contentsOf: $0) }
            try producer.produce(OutgoingRecord(topic: topic, partition: 0, key: nil, value: nil), tag: 1)
            try await reports.wait(for: 1)
            let records = (2...4).map {
                (tag: UInt64($0), record: OutgoingRecord(topic: topic, partition: 9, key: nil, value: nil))
            }
            // The first is refused at once; what comes right after it waits for its turn.
            #expect(producer.produceBatch([records[0]]).error?.code == .unknownPartition)
            #expect(producer.produceBatch([records[1], records[2]]).accepted == 2)
            let all = try await reports.wait(for: 3)
            #expect(all.dropFirst().map(\.tag) == [3, 4])
            #expect(all.dropFirst().allSatisfy { $0.error?.code == .unknownPartition })
            try await producer.flush(within: .seconds(5))
            await producer.close()
        }
    }
}

/// By reference, so that `#expect` can call what changes it.
private final class Spaced {
    private var spacing = RequestSpacing<Int>(gap: .milliseconds(5))

    var count: Int { spacing.count }
    var partitionCount: Int { spacing.partitionCount }
    var due: ContinuousClock.Instant? { spacing.due }

    func mustWait(_ partition: TopicPartition, now: ContinuousClock.Instant) -> Bool {
        spacing.mustWait(partition, now: now)
    }

    func hold(_ item: Int, for partition: TopicPartition) { spacing.hold(item, for: partition) }

    /// Whether the item was held.
    @discardableResult
    func holdIfNeeded(_ item: Int, _ partition: TopicPartition, _ now: ContinuousClock.Instant) -> Bool {
        guard mustWait(partition, now: now) else { return false }
        hold(item, for: partition)
        return true
    }

    func take(now: ContinuousClock.Instant, everything: Bool = false) -> [(partition: TopicPartition, items: [Int])] {
        spacing.take(now: now, everything: everything)
    }

    func putBack(_ items: some Collection<Int>, for partition: TopicPartition) {
        spacing.putBack(items, for: partition)
    }
}
