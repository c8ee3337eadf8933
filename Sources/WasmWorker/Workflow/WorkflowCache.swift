import Outbox
import Synchronization

/// Recent workflows of the worker's partitions, so that a resume costs one replay and no read.
///
/// Only the owner of a partition writes its workflows, so what it has written is true for as long as its claim lasts: entries are
/// good under the epoch they were stored with.
final class WorkflowCache: Sendable {
    private struct Entry {
        var epoch: Int64
        var record: WorkflowRecord?
    }

    private let recent: Mutex<RecentEntries<WorkflowID, Entry>>

    init(bytesMax: Int) { recent = Mutex(RecentEntries(bytesMax: bytesMax)) }

    /// Those of the keys that are known under this claim; nil as a value: there is no such workflow.
    func records(for keys: [WorkflowID], epoch: Int64) -> [WorkflowID: WorkflowRecord?] {
        recent.withLock { recent in
            var found: [WorkflowID: WorkflowRecord?] = [:]
            for key in keys {
                guard let entry = recent[key], entry.epoch == epoch else { continue }
                found[key] = .some(entry.record)
            }
            return found
        }
    }

    /// Notes what is committed. Of workflows that have ended hardly anything is asked again, so they don't take the room of others.
    func store(_ records: [WorkflowID: WorkflowRecord?], epoch: Int64) {
        guard !records.isEmpty else { return }
        recent.withLock { recent in
            for (key, record) in records {
                if let record, !record.row.status.isOpen {
                    recent.forget(key)
                    continue
                }
                recent.store(
                    Entry(epoch: epoch, record: record), for: key,
                    byteCount: key.key.utf8.count + (record?.byteCount ?? 0) + 128)
            }
            recent.settle()
        }
    }

    func forget(_ keys: some Sequence<WorkflowID>) {
        recent.withLock { recent in for key in keys { recent.forget(key) } }
    }

    /// Forgets everything.
    func clear() { recent.withLock { $0.forgetAll() } }
}

extension WorkflowRecord {
    /// Roughly what it takes in memory.
    var byteCount: Int {
        journal.reduce(600 + (row.result?.count ?? 0) + (row.error?.count ?? 0)) { bytes, entry in
            bytes + 250 + (entry.request?.count ?? 0) + (entry.result?.count ?? 0) + (entry.details?.count ?? 0)
                + (entry.state?.count ?? 0)
        }
    }
}
