import MeshCore
import Outbox
import TestSupport
import Workflows

@testable import WasmWorker

extension PartitionSimulation {
    /// An input of a workflow, or one of its timers.
    mutating func activate(_ execution: Execution, _ record: inout WorkflowRecord?)
        -> ExecutionResult.Outcome
    {
        if case .workflow(let failures)? = fates[execution.message.id], execution.attempt <= failures {
            return .failed(Failure(kind: .retryable, error: MeshError(.providerUnavailable, "not yet")))
        }
        let id = execution.stateKey
        let timer = execution.timer ?? WorkflowTimer(execution.message, of: id)
        let open = record.map { Self.openTimers(of: $0) } ?? []
        if let timer, !open.contains(timer) {
            // It was taken back before it came to run.
            return .activated(WorkflowActivation(outcomes: [.ignored]), record: record)
        }
        var write = WorkflowWrite(
            row: record?.row
                ?? WorkflowRow(
                    id: id, method: "m", status: .running, run: 1, digest: "d", version: "1", nextSequence: 1,
                    startedAt: now, updatedAt: now), expectedSequence: record?.row.nextSequence ?? 0, entries: [])
        func entry(_ kind: JournalEntry.Kind, _ name: String, due: Timestamp? = nil) -> JournalEntry {
            defer { write.row.nextSequence += 1 }
            return JournalEntry(
                sequence: write.row.nextSequence, run: 1, kind: kind, op: Int32(write.row.nextSequence), name: name,
                due: due, at: now)
        }
        write.entries.append(entry(timer == nil ? .signal : .fired, execution.message.id))
        if let timer { write.timersRemoved.append(timer) }
        if timer == nil, chance(40, &generator) {
            let due = now.advanced(by: .milliseconds(Int64.random(in: -5...60, using: &generator)))
            let begun = entry(.timer, "", due: due)
            write.entries.append(begun)
            write.timersAdded.append(Self.timer(of: begun, id))
        }
        if timer == nil, chance(20, &generator), let taken = open.randomElement(using: &generator) {
            write.entries.append(entry(.cancel, taken.message.id))
            write.timersRemoved.append(taken)
        }
        record = WorkflowRecord(record, after: write)
        return .activated(
            WorkflowActivation(outcomes: [.taken(reply: nil)], effects: WorkflowEffects(write: write)),
            record: record)
    }

    private static func timer(of entry: JournalEntry, _ id: WorkflowID) -> WorkflowTimer {
        WorkflowTimer(
            workflow: id, operation: WorkflowOperation(run: 1, op: entry.op), kind: .sleep, due: entry.due ?? entry.at)
    }

    /// The timers that a journal has begun and not ended, in order.
    static func openTimers(of record: WorkflowRecord) -> [WorkflowTimer] {
        let ended = Set(record.journal.filter { $0.kind == .fired || $0.kind == .cancel }.compactMap(\.name))
        return record.journal.filter { $0.kind == .timer }.map { timer(of: $0, record.row.id) }
            .filter { !ended.contains($0.message.id) }
    }
}
