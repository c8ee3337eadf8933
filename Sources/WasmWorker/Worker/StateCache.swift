import Outbox
import Synchronization

/// Recently committed states, shared by the worker's partitions, so that a busy key isn't read again for each batch.
///
/// May be out of date where another worker wrote a key: the version check of the commit finds out, and the key is dropped here.
final class StateCache: Sendable {
    private let recent: Mutex<RecentEntries<StateKey, StateEntry>>

    init(bytesMax: Int) { recent = Mutex(RecentEntries(bytesMax: bytesMax)) }

    /// Those of `keys` that are known.
    func entries(for keys: [StateKey]) -> [StateKey: StateEntry] {
        recent.withLock { recent in
            var found: [StateKey: StateEntry] = [:]
            for key in keys { if let entry = recent[key] { found[key] = entry } }
            return found
        }
    }

    /// What is known of each of `keys`, in their order; nil for what isn't, and for no key.
    func entries(for keys: some Collection<StateKey?>) -> [StateEntry?] {
        recent.withLock { recent in keys.map { key in key.flatMap { recent[$0] } } }
    }

    /// Puts what was committed since in the place of states that a partition has kept while its key was in use: the service's partition of another
    /// topic may have written them.
    func renew(_ states: inout RunStates) {
        recent.withLock { recent in
            for (key, known) in states.entries {
                guard var entry = recent[key], entry.version > known.version || (entry.data == nil && known.data != nil)
                else { continue }
                entry.contents = known.contents
                states[key] = entry
            }
        }
    }

    /// Notes what is committed. Of two partitions that wrote a key one after the other, the first may say so last.
    func store(_ entries: some Sequence<(StateKey, StateEntry)>) {
        recent.withLock { recent in
            for (key, entry) in entries {
                if let known = recent[key], known.version != 0 || entry.version > 1 {
                    // Versions begin anew after a deletion: whether that was before or after can't be told.
                    if entry.version == 0 || known.version == 0 {
                        recent.forget(key)
                        continue
                    }
                    if known.version > entry.version { continue }
                }
                recent.store(entry, for: key, byteCount: key.key.utf8.count + (entry.data?.count ?? 0) + 128)
            }
            recent.settle()
        }
    }

    func forget(_ keys: some Sequence<StateKey>) {
        recent.withLock { recent in for key in keys { recent.forget(key) } }
    }

    /// Forgets everything: partitions have moved, so others may have written.
    func clear() { recent.withLock { $0.forgetAll() } }
}
