import Outbox
import Synchronization

/// Recent workflows of the worker's partitions, so that a resume costs one replay and no read.
///
/// Only the owner of a partition writes its workflows, so what it has written is true for as long as its claim lasts: entries are
/// good under the epoch they were stored with. Bounded by bytes: two generations, of which the older is forgotten when the younger is full.
final class WorkflowCache: Sendable {
    private struct Entry {
        var epoch: Int64
        var record: WorkflowRecord?
    }

    private struct State {
        var young: [WorkflowID: Entry] = [:]
        var old: [WorkflowID: Entry] = [:]
        var youngBytes = 0
    }

    private let state = Mutex(State())
    private let generationBytesMax: Int

    init(bytesMax: Int) { generationBytesMax = max(1, bytesMax / 2) }

    /// Those of the keys that are known under this claim; nil as a value: there is no such workflow.
    func records(for keys: [WorkflowID], epoch: Int64) -> [WorkflowID: WorkflowRecord?] {
        state.withLock { state in
            var found: [WorkflowID: WorkflowRecord?] = [:]
            for key in keys {
                guard let entry = state.young[key] ?? state.old[key], entry.epoch == epoch else { continue }
                found[key] = .some(entry.record)
            }
            return found
        }
    }

    /// Notes what is committed. Of workflows that have ended hardly anything is asked again, so they don't take the room of others.
    func store(_ records: [WorkflowID: WorkflowRecord?], epoch: Int64) {
        guard !records.isEmpty else { return }
        state.withLock { state in
            for (key, record) in records {
                if let record, !record.row.status.isOpen {
                    state.young[key] = nil
                    state.old[key] = nil
                    continue
                }
                state.young[key] = Entry(epoch: epoch, record: record)
                state.youngBytes += key.key.utf8.count + (record?.byteCount ?? 0) + 128
            }
            guard state.youngBytes > generationBytesMax else { return }
            state.old = state.young
            state.young = [:]
            state.youngBytes = 0
        }
    }

    func forget(_ keys: some Sequence<WorkflowID>) {
        state.withLock { state in
            for key in keys {
                state.young[key] = nil
                state.old[key] = nil
            }
        }
    }

    /// Forgets everything.
    func clear() { state.withLock { $0 = State() } }
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
