import Outbox
import Synchronization

/// Recently committed states, shared by the worker's partitions, so that a busy key isn't read again for each batch.
///
/// May be out of date where another worker wrote a key: the version check of the commit finds out, and the key is dropped here.
/// Bounded by bytes: two generations, of which the older is forgotten when the younger is full.
final class StateCache: Sendable {
    private struct State {
        var young: [StateKey: StateEntry] = [:]
        var old: [StateKey: StateEntry] = [:]
        var youngBytes = 0
    }

    private let state = Mutex(State())
    private let generationBytesMax: Int

    init(bytesMax: Int) { generationBytesMax = max(1, bytesMax / 2) }

    /// Those of `keys` that are known.
    func entries(for keys: [StateKey]) -> [StateKey: StateEntry] {
        state.withLock { state in
            var found: [StateKey: StateEntry] = [:]
            for key in keys { if let entry = state.young[key] ?? state.old[key] { found[key] = entry } }
            return found
        }
    }

    /// Notes what is committed.
    func store(_ entries: [StateKey: StateEntry]) {
        state.withLock { state in
            for (key, entry) in entries {
                state.young[key] = entry
                state.youngBytes += key.key.utf8.count + (entry.data?.count ?? 0) + 128
            }
            guard state.youngBytes > generationBytesMax else { return }
            state.old = state.young
            state.young = [:]
            state.youngBytes = 0
        }
    }

    func forget(_ keys: some Sequence<StateKey>) {
        state.withLock { state in
            for key in keys {
                state.young[key] = nil
                state.old[key] = nil
            }
        }
    }

    /// Forgets everything: partitions have moved, so others may have written.
    func clear() { state.withLock { $0 = State() } }
}
