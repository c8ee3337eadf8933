package import MeshCore
package import Outbox
import Synchronization

/// Makes messages durable and brings them to Kafka: group commit into the router's own lane, then publication in order.
///
/// Requests that arrive while a transaction is in flight go into the next one together. What is committed is answered for,
/// whatever becomes of Kafka: rows that couldn't be published are published by whoever claims the lane next.
package final class Acceptor: Sendable {
    package struct Configuration: Sendable {
        /// Names this router in leases; unique among running ones.
        package var owner: String
        /// For how long the lane stays ours without a sign of life.
        package var lease: Duration = .seconds(15)
        /// How long a request waits for Postgres to come back before it is refused.
        package var patience: Duration = .seconds(5)
        /// The most messages that wait to be accepted.
        package var queueMessages = 10_000
        package var queueBytes = 64 << 20

        package init(owner: String) { self.owner = owner }
    }

    /// What waits for a transaction: the messages of one request.
    struct Item: Sendable {
        let messages: [IngressMessage]
        let since: ContinuousClock.Instant
        let continuation: CheckedContinuation<Result<[IngressOutcome], MeshError>, Never>
    }

    struct State {
        var queue: AcceptQueue<Item>
        /// Whom to wake when there is work, an end, or a broken lane.
        var waiter: CheckedContinuation<Void, Never>?
        var isStopping = false
        var isServing = false
        /// Why the lane must be claimed anew.
        var failure: String?
        /// Why nothing is accepted at the moment, for those who ask.
        var problem: String? = "the router is starting"
        var progress: LaneProgress?
    }

    let configuration: Configuration
    let store: any IngressStore
    let makeOutlet: @Sendable () throws -> any LaneOutlet
    /// Told of each message that was accepted and that Kafka will never take, with the reason.
    let onRefusal: @Sendable (OutboxRow, String) -> Void
    let metrics: RouterMetrics
    let state: Mutex<State>
    let log = Log("router")

    package init(
        _ configuration: Configuration, store: any IngressStore, metrics: RouterMetrics,
        outlet: @escaping @Sendable () throws -> any LaneOutlet,
        onRefusal: @escaping @Sendable (OutboxRow, String) -> Void = { _, _ in }
    ) {
        self.onRefusal = onRefusal
        self.configuration = configuration
        self.store = store
        self.metrics = metrics
        makeOutlet = outlet
        var bounds = AcceptQueue<Item>.Bounds()
        bounds.messages = configuration.queueMessages
        bounds.bytes = configuration.queueBytes
        state = Mutex(State(queue: AcceptQueue(bounds)))
    }

    /// Why nothing can be accepted now; nil while all is well.
    package var problem: String? { state.withLock { $0.problem } }
    package var queuedMessages: Int { state.withLock { $0.queue.messages } }
    package var lag: Int64 { state.withLock { $0.progress?.lag ?? 0 } }

    /// What messages count as towards the bounds.
    static func size(of messages: [IngressMessage]) -> Int { messages.reduce(0) { $0 + $1.message.data.count + 512 } }

    /// Makes the messages of one request durable, all or none; the outcomes are in their order.
    package func accept(_ messages: [IngressMessage]) async throws(MeshError) -> [IngressOutcome] {
        let size = Acceptor.size(of: messages)
        let result: Result<[IngressOutcome], MeshError> = await withCheckedContinuation { continuation in
            let item = Item(messages: messages, since: .now, continuation: continuation)
            let (refusal, waiter) = state.withLock { state -> (MeshError?, CheckedContinuation<Void, Never>?) in
                if state.isStopping { return (Acceptor.stopping, nil) }
                guard state.queue.append(item, messages: messages.count, bytes: size) else {
                    return (Acceptor.full(state), nil)
                }
                defer { state.waiter = nil }
                return (nil, state.waiter)
            }
            if let refusal { continuation.resume(returning: .failure(refusal)) }
            waiter?.resume()
        }
        return try result.get()
    }

    /// Takes nothing more; `run` accepts what it has and returns.
    package func stop() {
        let waiter = state.withLock { state in
            state.isStopping = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    static let stopping = MeshError(
        .providerUnavailable, "this router is stopping; try again, another one will answer", retryable: true)

    private static func full(_ state: State) -> MeshError {
        MeshError(
            .resourceExhausted,
            "\(state.queue.messages) messages wait to be accepted, the most this router keeps"
                + (state.problem.map { " (\($0))" } ?? "") + "; try again in a second", retryable: true)
    }
}
