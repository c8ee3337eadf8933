import Outbox

/// The committed states that a run may touch, in the order of its executions.
///
/// Nearly always one, so a list is cheaper to make, to copy and to search than a dictionary; a run has at most `keyRunMax` of them.
struct RunStates: Sendable {
    private(set) var entries: [(key: StateKey, entry: StateEntry)] = []

    /// The place of a key among `entries`, by which a part of an entry is read without copying all of it.
    func index(of key: StateKey) -> Int? {
        for index in entries.indices where entries[index].key == key { return index }
        return nil
    }

    /// The state of a key; nil where there is none.
    func data(of key: StateKey) -> [UInt8]? { index(of: key).flatMap { entries[$0].entry.data } }

    subscript(key: StateKey) -> StateEntry? {
        get { index(of: key).map { entries[$0].entry } }
        set {
            switch (index(of: key), newValue) {
            case (let index?, let entry?): entries[index].entry = entry
            case (let index?, nil): entries.remove(at: index)
            case (nil, let entry?): entries.append((key, entry))
            case (nil, nil): break
            }
        }
    }

    var keys: some Sequence<StateKey> { entries.lazy.map(\.key) }
}
