package import MeshCore
package import Outbox

/// Makes calls durable and waits for their answers.
package struct AwaitedCalls: Sendable {
    private let acceptor: Acceptor
    private let waiting: WaitingCalls
    private let store: any IngressStore

    package init(acceptor: Acceptor, waiting: WaitingCalls, store: any IngressStore) {
        self.acceptor = acceptor
        self.waiting = waiting
        self.store = store
    }

    /// Accepts a call whose `replyTo` is this router's partition, and returns its outcome; the id is an earlier call's where its idempotency key led
    /// to one.
    package func perform(_ call: IngressMessage, until deadline: Timestamp) async throws -> (
        id: String, outcome: CallOutcome
    ) {
        let id = call.message.id
        guard waiting.register(id, until: deadline) else {
            throw MeshError(
                .resourceExhausted,
                "\(waiting.limit) calls wait for their answers, the most this router keeps; try again in a second",
                retryable: true)
        }
        let accepted: IngressOutcome?
        do {
            accepted = try await acceptor.accept([call]).first
        } catch {
            waiting.forget(id)
            throw error
        }
        switch accepted {
        case .accepted, nil: return (id, await waiting.outcome(of: id))
        case .repeated(let earlier):
            // It counts among those that wait for as long as it asks.
            defer { waiting.forget(id) }
            return (earlier, try await storedOutcome(of: earlier, until: deadline))
        case .conflict(let earlier):
            waiting.forget(id)
            throw MeshError.idempotencyConflict(earlier)
        }
    }

    /// The outcome of a call that another request has made, perhaps through another router: read from the store.
    private func storedOutcome(of id: String, until deadline: Timestamp) async throws -> CallOutcome {
        var wait = Duration.milliseconds(10)
        while true {
            switch try await store.results(of: [id])[id] {
            case .done(let result, _): return Reply.outcome(result.status, result.data)
            case .unknown, nil:
                throw MeshError(
                    .failedPrecondition, "the Idempotency-Key was used for call \(id), whose answer isn't kept any more"
                )
            case .pending:
                if Timestamp.now >= deadline { return .timedOut }
                try await Task.sleep(for: wait)
                wait = min(wait * 2, .milliseconds(500))
            }
        }
    }
}
