import MeshCore
import Outbox
import Synchronization
import Workflows

/// Counters of a worker, for `/metrics` and the tests.
final class WorkerMetrics: Sendable {
    /// A number that only rises.
    final class Counter: Sendable {
        private let value = Atomic<Int>(0)
        func add(_ amount: Int) { value.wrappingAdd(amount, ordering: .relaxed) }
        var count: Int { value.load(ordering: .relaxed) }
    }

    let executions = Counter()
    let failures = Counter()
    /// Transactions, and the partitions' batches that were committed with them.
    let transactions = Counter()
    let batches = Counter()
    let batchMicroseconds = Counter()
    let messages = Counter()
    let parked = Counter()
    let deadLetters = Counter()
    let conflicts = Counter()
    let fenced = Counter()
    let workflowsStarted = Counter()
    /// In the order of `WorkflowRow.Status.allCases`; the open ones stay 0.
    let workflowsEnded = WorkflowRow.Status.allCases.map { _ in Counter() }
    let activations = Counter()
    let replayedEntries = Counter()
    let timers = Counter()
    let timersLate = Counter()
    let timerMicroseconds = Counter()
    /// The same by method.
    let handlers = HandlerMetrics()

    /// A timer that comes so much later than its time counts as late.
    private static let late: Int64 = 1_000_000

    func ran(_ result: KeyRunResult, now: Timestamp) {
        // A batch handler's list, or what a workflow took at once, is several messages.
        for item in result.results {
            executions.add(item.executions.count)
            switch item.outcome {
            case .failed: failures.add(item.executions.count)
            case .activated(let activation, _):
                guard let replayed = activation.replayedEntries else { break }
                activations.add(1)
                replayedEntries.add(replayed)
            case .done, .scheduled: break
            }
            for execution in item.executions { if let timer = execution.timer { fired(timer, now: now) } }
        }
    }

    private func fired(_ timer: WorkflowTimer, now: Timestamp) {
        let delay = max(0, now.microseconds - timer.due.microseconds)
        timers.add(1)
        timerMicroseconds.add(Int(delay))
        if delay > WorkerMetrics.late { timersLate.add(1) }
    }

    private func wrote(_ write: WorkflowWrite) {
        // A run that follows another one begins behind `continued`; one that was restarted begins behind an end.
        let begin = write.entries.first { $0.kind == .started || $0.kind == .continued }
        if begin?.kind == .started { workflowsStarted.add(1) }
        guard let status = WorkflowRow.Status.allCases.firstIndex(of: write.row.status), !write.row.status.isOpen
        else { return }
        workflowsEnded[status].add(1)
    }

    func committed(_ batch: BatchCommit, in duration: Duration) {
        batches.add(1)
        batchMicroseconds.add(
            Int(duration.components.seconds * 1_000_000 + duration.components.attoseconds / 1_000_000_000_000))
        for write in batch.workflows { wrote(write) }
        messages.add(batch.outbox.count)
        parked.add(batch.parked.count)
        deadLetters.add(batch.deadLetters.count)
    }
}
