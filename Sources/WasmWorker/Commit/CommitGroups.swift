import Outbox

/// Decides which batches share a transaction.
///
/// Small ones do, as far as they fit into the bounds of one batch together. Those that write the same rows don't: what the second one expects
/// to be stored can't be true while the first one isn't.
struct CommitGroups: Sendable {
    private let weightMax: Int
    private let bytesMax: Int

    init(_ limits: PartitionLimits) {
        weightMax = limits.batchMax
        bytesMax = limits.batchBytesMax
    }

    /// The places of the batches, by transaction.
    func split(_ entries: [CommitRound.Entry]) -> [[Int]] {
        guard entries.count > 1 else { return entries.indices.map { [$0] } }
        var groups: [Group] = []
        for (place, entry) in entries.enumerated() {
            let keys = entry.batch.writtenKeys
            let group = groups.firstIndex {
                $0.size.weight + entry.size.weight <= weightMax && $0.size.bytes + entry.size.bytes <= bytesMax
                    && $0.keys.isDisjoint(with: keys)
            }
            if let group {
                groups[group].add(entry.size, keys, at: place)
            } else {
                groups.append(Group(places: [place], size: entry.size, keys: Set(keys)))
            }
        }
        return groups.map(\.places)
    }

    private struct Group {
        var places: [Int]
        var size: CommitSize
        var keys: Set<StateKey>

        mutating func add(_ other: CommitSize, _ otherKeys: [StateKey], at place: Int) {
            places.append(place)
            size.weight += other.weight
            size.bytes += other.bytes
            keys.formUnion(otherKeys)
        }
    }
}

/// How large a batch is, as its bounds count it.
struct CommitSize: Sendable, Equatable {
    /// Executions, about.
    var weight: Int
    /// Bytes that it writes, about.
    var bytes: Int
}

extension BatchCommit {
    /// The states, workflows and schedules that it changes.
    fileprivate var writtenKeys: [StateKey] {
        var keys = stateWrites.map(\.key)
        keys += workflows.map(\.row.id)
        keys += scheduledEnds
        keys += schedules.map { ScheduleRow.key($0.service, $0.method) }
        return keys
    }
}
