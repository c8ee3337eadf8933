package import Kafka
import MeshCore
package import Outbox

/// Brings the rows of any number of lanes to Kafka through one idempotent producer.
///
/// Rows of one lane keep their order because their owner awaits each `publish`. Memory is bounded by the producer's queue:
/// where it is full, `publish` waits for delivery reports. A row that Kafka refuses for good (too large, no such
/// partition) does not stop the lane: it is named in the publication's `refused`, and its owner makes a dead letter of it.
///
/// What fails otherwise (a broken row of sequence numbers, say) ends the publisher: what it still has is given up, and it takes nothing more. Else later
/// rows of a lane could get into the log before that one, and be all that consumers take of the lane. Lanes begin again at what is acknowledged, each
/// with another publisher (`SharedKafkaPublisher`).
package final class KafkaLanePublisher: ClosableLanePublisher {
    private let ledger = PublicationLedger()
    private let failure = PublisherFailure()
    let producer: KafkaProducer

    package init(_ configuration: KafkaConfiguration, queueLimit: Int = 100_000) throws(KafkaError) {
        let (ledger, failure) = (ledger, failure)
        producer = try KafkaProducer(
            configuration, queueLimit: queueLimit,
            reports: { reports in
                // First, so that nobody who hears of a failure can hand over what stands behind it.
                if let error = reports.lazy.compactMap(\.error).first(where: \.leavesRowOpen) { failure.note(error) }
                ledger.settle(reports)
            },
            failed: { error in
                KafkaProducer.logFailure(error)
                if error.isFatal { failure.note(error) }
            })
        failure.watch(producer, ledger)
    }

    /// Why it takes nothing more; nil while it does.
    package var error: KafkaError? { failure.error }

    package func publish(_ rows: [OutboxRow], lane: Int64, epoch: Int64) async throws -> any LanePublication {
        try await hand(over: rows, lane: lane, epoch: epoch)
    }

    /// As `publish`, with the publication's own type, which also tells the refused rows.
    package func hand(over rows: [OutboxRow], lane: Int64, epoch: Int64) async throws(KafkaError) -> KafkaPublication {
        let publication = KafkaPublication(rows: rows)
        let first = ledger.open(publication, count: rows.count)
        var next = 0
        while next < rows.count {
            let base = next
            let batch = rows.withUnsafeBufferPointer { rows in
                (base..<rows.count).map { index in
                    (tag: first + UInt64(index), record: OutgoingRecord(rows[index], lane: lane, epoch: epoch))
                }
            }
            let space = ledger.reportCount
            let (accepted, error) = producer.produceBatch(batch)
            next += accepted
            guard let error else { continue }
            if error.code == .queueFull {
                await ledger.waitForReports(after: space)
            } else if error.leavesRowOpen {
                failure.note(error)
                ledger.abandon(tags: first + UInt64(next)..<first + UInt64(rows.count), error: error)
                throw failure.error ?? error
            } else {
                ledger.settle([
                    DeliveryReport(tag: first + UInt64(next), partition: rows[next].partition, offset: -1, error: error)
                ])
                next += 1
            }
        }
        return publication
    }

    /// Waits up to `limit` for what was handed over, then frees the client.
    package func close(flushing limit: Duration = .seconds(5)) async {
        await producer.close(flushing: limit)
        ledger.close()
    }
}

extension KafkaError {
    /// True where the row may be in the log, or may be taken when it is published again: a dead letter of it would be a lie.
    var leavesRowOpen: Bool { isOfProducer || isRetriable }
}
