import MeshCore
import Outbox
import Synchronization

extension Acceptor {
    /// Commits a batch, answers its requests, and returns the rows to publish.
    ///
    /// Throws where the lane must be claimed anew; every request of the batch has its answer then.
    func commit(_ batch: [Item], _ lane: inout RouterLane, _ acknowledged: Int64) async throws -> [OutboxRow] {
        var wait = Duration.milliseconds(20)
        while true {
            do {
                return try await attempt(batch, &lane, acknowledged)
            } catch {
                guard let error = error as? StoreError else {
                    fail(batch, MeshError(.internalError, "\(error)"))
                    throw error
                }
                switch error {
                case .transient, .connectionLost(_, outcomeUnknown: false):
                    let oldest = batch.first?.since ?? .now
                    if oldest.duration(to: .now) > configuration.patience || Task.isCancelled {
                        fail(batch, unavailable(error))
                        throw error
                    }
                    state.withLock { $0.problem = error.description }
                    try? await Task.sleep(for: wait)
                    wait = min(wait * 2, .milliseconds(500))
                case .connectionLost(_, outcomeUnknown: true):
                    await settle(batch, lane)
                    throw error
                case .dataRefused:
                    return try await commitOneByOne(batch, &lane, acknowledged, error)
                case .fenced:
                    // Nothing was written: the same requests go on the lane that is claimed next, and nobody notices.
                    putBack(batch, unavailable(error))
                    throw error
                case .stateConflict, .duplicateInbox, .other:
                    fail(batch, unavailable(error))
                    throw error
                }
            }
        }
    }

    private func attempt(_ batch: [Item], _ lane: inout RouterLane, _ acknowledged: Int64) async throws -> [OutboxRow] {
        let messages = batch.flatMap(\.messages)
        let outcomes = try await store.accept(messages, lane: &lane, acknowledged: acknowledged)
        guard outcomes.count == messages.count else {
            throw StoreError.other(message: "\(messages.count) messages got \(outcomes.count) outcomes", sqlstate: nil)
        }
        state.withLock { $0.problem = nil }
        var at = 0
        for item in batch {
            item.continuation.resume(returning: .success(Array(outcomes[at..<at + item.messages.count])))
            at += item.messages.count
        }
        let rows = outcomes.compactMap { outcome in
            if case .accepted(let row) = outcome { row } else { nil }
        }
        metrics.countAccepted(rows.count + outcomes.count { $0 == .delayed })
        return rows
    }

    /// Finds the request that Postgres refuses; the others are accepted.
    private func commitOneByOne(
        _ batch: [Item], _ lane: inout RouterLane, _ acknowledged: Int64, _ refusal: StoreError
    ) async throws -> [OutboxRow] {
        if batch.count == 1 {
            fail(batch, refusal.meshError)
            return []
        }
        var rows: [OutboxRow] = []
        for (index, item) in batch.enumerated() {
            do {
                rows += try await commit([item], &lane, acknowledged)
            } catch {
                putBack(Array(batch[(index + 1)...]), unavailable(error))
                throw error
            }
        }
        return rows
    }

    /// Back into the queue; what has waited for longer than patience is refused instead.
    func putBack(_ batch: [Item], _ refusal: MeshError) {
        let patience = configuration.patience
        let isPatient: (Item) -> Bool = { $0.since.duration(to: .now) <= patience }
        fail(batch.filter { !isPatient($0) }, refusal)
        let rest = batch.filter(isPatient)
        state.withLock { state in
            state.queue.putBack(rest) { ($0.messages.count, Acceptor.size(of: $0.messages)) }
        }
    }

    func fail(_ batch: [Item], _ error: MeshError) {
        for item in batch { item.continuation.resume(returning: .failure(error)) }
    }

    func unavailable(_ error: any Error) -> MeshError {
        MeshError(
            .providerUnavailable, "nothing can be made durable at the moment: \(error); try again", retryable: true)
    }

}
