import Kafka
import MeshCore
import Synchronization

/// The first failure that ends a publisher: at once its producer takes nothing more and gives up what it has.
final class PublisherFailure: Sendable {
    private struct State {
        var error: KafkaError?
        var ledger: PublicationLedger?
        weak var producer: KafkaProducer?
    }

    private let state = Mutex(State())

    var error: KafkaError? { state.withLock { $0.error } }

    /// Says whose failure it is.
    func watch(_ producer: KafkaProducer, _ ledger: PublicationLedger) {
        let hasFailed = state.withLock { state in
            state.producer = producer
            state.ledger = ledger
            return state.error != nil
        }
        if hasFailed { end(producer, ledger) }
    }

    /// Notes a failure; the first one counts.
    func note(_ error: KafkaError) {
        let (producer, ledger) = state.withLock { state -> (KafkaProducer?, PublicationLedger?) in
            guard state.error == nil else { return (nil, nil) }
            state.error = error
            return (state.producer, state.ledger)
        }
        guard let producer, let ledger else { return }
        // A producer that is closed tells of what it gives up in the same way.
        if error.code != .closed, ![.purged, .purgedInFlight].contains(error.code) {
            Log("kafka").warning("the Kafka producer can't go on, and is given up: \(error.message)")
        }
        end(producer, ledger)
    }

    private func end(_ producer: KafkaProducer, _ ledger: PublicationLedger) {
        // Whoever waits for room finds that it is closed.
        producer.giveUp { ledger.close() }
    }
}
