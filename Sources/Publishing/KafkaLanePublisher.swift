package import Kafka
import MeshCore
package import Outbox
import Synchronization

/// Brings the rows of any number of lanes to Kafka through one idempotent producer.
///
/// Rows of one lane keep their order because their owner awaits each `publish`. Memory is bounded by the producer's queue:
/// where it is full, `publish` waits for delivery reports. A row that Kafka refuses for good (too large, no such
/// partition) does not stop the lane: it is named in the publication's `refused`, and its owner makes a dead letter of it.
/// A producer that can't go on (a broken row of sequence numbers, say) is replaced: lanes begin again at what is acknowledged, with the next one.
package final class KafkaLanePublisher: ClosableLanePublisher {
    private let configuration: KafkaConfiguration
    private let queueLimit: Int
    private let ledger: PublicationLedger
    private let current: Mutex<KafkaProducer>

    package init(_ configuration: KafkaConfiguration, queueLimit: Int = 100_000) throws(KafkaError) {
        self.configuration = configuration
        self.queueLimit = queueLimit
        ledger = PublicationLedger()
        current = Mutex(try KafkaLanePublisher.makeProducer(configuration, queueLimit, ledger))
    }

    private static func makeProducer(
        _ configuration: KafkaConfiguration, _ queueLimit: Int, _ ledger: PublicationLedger
    ) throws(KafkaError) -> KafkaProducer {
        try KafkaProducer(configuration, queueLimit: queueLimit, reports: { ledger.settle($0) })
    }

    /// The producer in use.
    var producer: KafkaProducer { current.withLock { $0 } }

    package func publish(_ rows: [OutboxRow], lane: Int64, epoch: Int64) async throws -> any LanePublication {
        try await hand(over: rows, lane: lane, epoch: epoch)
    }

    /// As `publish`, with the publication's own type, which also tells the refused rows.
    package func hand(over rows: [OutboxRow], lane: Int64, epoch: Int64) async throws(KafkaError) -> KafkaPublication {
        let producer = producer
        let publication = KafkaPublication(rows: rows)
        let first = ledger.open(publication, count: rows.count)
        var next = 0
        while next < rows.count {
            let base = next
            let batch = (base..<rows.count).map { index in
                (tag: first + UInt64(index), record: OutgoingRecord(rows[index], lane: lane, epoch: epoch))
            }
            let space = ledger.reportCount
            let (accepted, error) = producer.produceBatch(batch)
            next += accepted
            guard let error else { continue }
            if error.code == .queueFull {
                await ledger.waitForReports(after: space)
            } else if error.isFatal || error.code == .closed {
                ledger.abandon(tags: first + UInt64(next)..<first + UInt64(rows.count), error: error)
                if error.isFatal { replace(producer, because: error) }
                throw error
            } else {
                ledger.settle([
                    DeliveryReport(tag: first + UInt64(next), partition: rows[next].partition, offset: -1, error: error)
                ])
                next += 1
            }
        }
        return publication
    }

    /// Puts another producer in the place of one that can't go on; what that still has is reported as given up.
    private func replace(_ failed: KafkaProducer, because error: KafkaError) {
        let log = Log("kafka")
        let isReplaced = current.withLock { current in
            guard current === failed else { return false }
            do throws(KafkaError) {
                current = try KafkaLanePublisher.makeProducer(configuration, queueLimit, ledger)
                return true
            } catch {
                log.error("no other producer can be made: \(error.message)")
                return false
            }
        }
        guard isReplaced else { return }
        log.warning("the Kafka producer can't go on, and is replaced: \(error.message)")
        Task { await failed.close(flushing: .zero) }
    }

    /// Waits up to `limit` for what was handed over, then frees the client.
    package func close(flushing limit: Duration = .seconds(5)) async {
        await producer.close(flushing: limit)
        ledger.close()
    }
}
