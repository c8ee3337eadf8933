import Kafka
import MeshCore

@testable import MeshRouter

/// Where the answers to a simulated router stand.
///
/// Unchecked: there is one thread.
final class SimReplySource: ReplySource, @unchecked Sendable {
    private let process: SimProcess
    private let broker: SimBroker
    /// How often it has begun to read: what came in between, nobody heard.
    private(set) var tenures = 0

    init(_ process: SimProcess, _ broker: SimBroker) {
        self.process = process
        self.broker = broker
    }

    func end(of partition: TopicPartition) async throws -> Int64 {
        try await SimLogEnds(process: process, broker: broker).watermarks(partition).high
    }

    func read(_ partition: TopicPartition, from offset: Int64, _ take: @escaping @Sendable ([KafkaRecord]) -> Void)
        throws -> any ReplyReader
    {
        tenures += 1
        return SimReplyReader(process, broker, partition, from: offset, take)
    }
}

/// Reads a partition as librdkafka does: an offset beyond the end is one that is yet to come.
///
/// Unchecked: there is one thread.
final class SimReplyReader: ReplyReader, @unchecked Sendable {
    let process: SimProcess
    private let broker: SimBroker
    private let partition: TopicPartition
    private let take: @Sendable ([KafkaRecord]) -> Void
    private var position: Int64
    private var isFetching = false
    private var isClosed = false

    init(
        _ process: SimProcess, _ broker: SimBroker, _ partition: TopicPartition, from offset: Int64,
        _ take: @escaping @Sendable ([KafkaRecord]) -> Void
    ) {
        self.process = process
        self.broker = broker
        self.partition = partition
        self.take = take
        position = offset
        broker.readers.append(self)
        fetch()
    }

    func wake(_ written: TopicPartition) { if written == partition { fetch() } }

    func brokerIsBack() { fetch() }

    private func fetch() {
        guard !isFetching, !isClosed else { return }
        isFetching = true
        broker.world.after(broker.world.duration(200...20_000), process) {
            self.isFetching = false
            self.deliver()
        }
    }

    private func deliver() {
        guard !isClosed, !broker.isAway else { return }
        let records = broker.records(of: partition, from: position, limit: 5)
        guard let last = records.last else { return }
        position = last.offset + 1
        take(records)
        fetch()
    }

    func startOver() {
        position = 0
        fetch()
    }

    func close() async {
        isClosed = true
        broker.readers.removeAll { $0 === self }
    }
}
