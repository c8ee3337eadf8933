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
    /// to one. The call's data is gone once that is accepted.
    package func perform(_ call: inout IngressMessage, until deadline: Timestamp) async throws -> (
        id: String, outcome: CallOutcome
    ) {
        let id = call.message.id
        guard waiting.register(id, until: deadline) else {
            throw MeshError(
                .resourceExhausted,
                "\(waiting.limit) calls wait for their answers, the most this router keeps; try again in a second",
                retryable: true)
        }
        let earlier: String?
        do {
            earlier = try await accept(call)
        } catch {
            waiting.forget(id)
            throw error
        }
        // Bodies are counted as they came, and thousands may wait for minutes: of one that was decompressed nothing may be left.
        call.message.data = []
        guard let earlier else { return (id, await waiting.outcome(of: id)) }
        // It counts among those that wait for as long as it asks.
        defer { waiting.forget(id) }
        return (earlier, try await storedOutcome(of: earlier, until: deadline))
    }

    /// Makes a call durable; the id of the earlier one where its idempotency key led to one.
    private func accept(_ call: IngressMessage) async throws(MeshError) -> String? {
        switch try await acceptor.accept([call]).first {
        case .accepted, .delayed, nil: return nil
        case .repeated(let earlier): return earlier
        case .conflict(let earlier): throw MeshError.idempotencyConflict(earlier)
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
