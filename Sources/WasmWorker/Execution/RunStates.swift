import Outbox

/// The committed states that a run may touch, in the order of its executions.
///
/// Nearly always one, so a list is cheaper to make, to copy and to search than a dictionary; a run has at most `keyRunMax` of them.
struct RunStates: Sendable {
    private(set) var entries: [(key: StateKey, entry: StateEntry)] = []

    subscript(key: StateKey) -> StateEntry? {
        get {
            for index in entries.indices where entries[index].key == key { return entries[index].entry }
            return nil
        }
        set {
            let index = entries.firstIndex { $0.key == key }
            switch (index, newValue) {
            case (let index?, let entry?): entries[index].entry = entry
            case (let index?, nil): entries.remove(at: index)
            case (nil, let entry?): entries.append((key, entry))
            case (nil, nil): break
            }
        }
    }

    var keys: some Sequence<StateKey> { entries.lazy.map(\.key) }
}
