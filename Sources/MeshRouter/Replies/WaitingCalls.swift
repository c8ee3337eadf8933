package import MeshCore
import Synchronization

/// The calls that somebody waits for, without a thread or a timer each: bounded, resolved by id, ended by their deadlines.
///
/// A call is registered before it is accepted, so that an answer can't arrive too early.
package final class WaitingCalls: Sendable {
    private enum Entry {
        /// Registered; nobody asks for the outcome yet.
        case registered
        case waiting(CheckedContinuation<CallOutcome, Never>)
        /// The outcome came before it was asked for.
        case resolved(CallOutcome)
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var deadlines = DeadlineHeap()
        var isStopped = false

        /// Settles the call and returns whom to wake.
        mutating func settle(_ id: String, _ outcome: CallOutcome) -> CheckedContinuation<CallOutcome, Never>? {
            switch entries[id] {
            case .registered:
                entries[id] = .resolved(outcome)
                return nil
            case .waiting(let continuation):
                entries[id] = nil
                return continuation
            case .resolved, nil: return nil
            }
        }
    }

    /// How many may wait at once.
    package let limit: Int
    private let state = Mutex(State())

    package init(limit: Int) { self.limit = limit }

    /// How many wait now.
    package var count: Int { state.withLock { $0.entries.count } }

    /// Makes room for a call; false where `limit` wait already.
    package func register(_ id: String, until deadline: Timestamp) -> Bool {
        state.withLock { state in
            guard state.entries.count < limit else { return false }
            state.entries[id] = state.isStopped ? .resolved(.stopping) : .registered
            state.deadlines.insert(DeadlineHeap.Entry(deadline: deadline, id: id))
            if state.deadlines.count > 2 * state.entries.count + 1024 {
                let entries = state.entries
                state.deadlines.prune { entries[$0] != nil }
            }
            return true
        }
    }

    /// Waits for the outcome of a registered call; a cancelled task gets `abandoned`.
    package func outcome(of id: String) async -> CallOutcome {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let outcome: CallOutcome? = state.withLock { state in
                    switch state.entries[id] {
                    case .registered:
                        state.entries[id] = .waiting(continuation)
                        return nil
                    case .resolved(let outcome):
                        state.entries[id] = nil
                        return outcome
                    case .waiting, nil: return .abandoned
                    }
                }
                if let outcome { continuation.resume(returning: outcome) }
            }
        } onCancel: {
            _ = resolve(id, .abandoned)
        }
    }

    /// Ends a call's waiting; false where nobody waits for it.
    @discardableResult
    package func resolve(_ id: String, _ outcome: CallOutcome) -> Bool {
        let (isKnown, continuation) = state.withLock { state in
            (state.entries[id] != nil, state.settle(id, outcome))
        }
        continuation?.resume(returning: outcome)
        return isKnown
    }

    /// Forgets a call that was registered and not accepted.
    package func forget(_ id: String) {
        _ = resolve(id, .abandoned)
        state.withLock { $0.entries[id] = nil }
    }

    /// Ends the waiting of calls whose deadline is `now` or before; returns when the next one is due.
    @discardableResult
    package func expire(at now: Timestamp) -> Timestamp? {
        let (due, next) = state.withLock { state in
            var due: [CheckedContinuation<CallOutcome, Never>] = []
            while let entry = state.deadlines.popDue(at: now) {
                if let continuation = state.settle(entry.id, .timedOut) { due.append(continuation) }
            }
            return (due, state.deadlines.first)
        }
        for continuation in due { continuation.resume(returning: .timedOut) }
        return next
    }

    /// Ends all waiting; later calls end at once.
    package func stop() {
        let continuations = state.withLock { state in
            state.isStopped = true
            return Array(state.entries.keys).compactMap { state.settle($0, .stopping) }
        }
        for continuation in continuations { continuation.resume(returning: .stopping) }
    }
}
