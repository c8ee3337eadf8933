package import Kafka
package import Outbox
import Synchronization

/// One Kafka publisher for all lanes of a process, replaced when it has failed.
///
/// A lane that is claimed gets the one in use and keeps to it: with the next one it would publish behind what the failed one has lost of it.
package final class SharedKafkaPublisher: SharedLanePublisher {
    private let configuration: KafkaConfiguration
    private let queueLimit: Int
    private let state: Mutex<State>

    private struct State {
        var current: KafkaLanePublisher
        var isClosed = false
    }

    package init(_ configuration: KafkaConfiguration, queueLimit: Int = 100_000) throws(KafkaError) {
        self.configuration = configuration
        self.queueLimit = queueLimit
        state = Mutex(State(current: try KafkaLanePublisher(configuration, queueLimit: queueLimit)))
    }

    /// The publisher in use, with its own type.
    func publisher() throws(KafkaError) -> KafkaLanePublisher {
        try state.withLock { state throws(KafkaError) in
            if state.isClosed { throw KafkaError(.closed, "the Kafka publisher is closed") }
            if state.current.error != nil {
                state.current = try KafkaLanePublisher(configuration, queueLimit: queueLimit)
            }
            return state.current
        }
    }

    package func open() throws -> any LanePublisher { try publisher() }

    /// Waits up to `limit` for what was handed over, then frees the client.
    package func close(flushing limit: Duration = .seconds(5)) async {
        let last = state.withLock { state in
            state.isClosed = true
            return state.current
        }
        await last.close(flushing: limit)
    }
}
