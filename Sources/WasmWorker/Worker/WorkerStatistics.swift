package import Outbox

/// What a worker has done since it started.
package struct WorkerStatistics: Sendable {
    package var executions: Int
    package var failures: Int
    /// Transactions that were tried, and the partitions' batches that were committed; several may share a transaction.
    package var transactions: Int
    package var batches: Int
    /// Time spent in commits, in microseconds.
    package var batchMicroseconds: Int
    /// Messages put into the outbox.
    package var messages: Int
    package var parked: Int
    package var deadLetters: Int
    package var conflicts: Int
    /// Claims that were lost and made anew.
    package var reclaims: Int
    package var partitions: [String]
    package var workflowsStarted: Int
    /// By how they ended.
    package var workflowsEnded: [(status: WorkflowRow.Status, count: Int)]
    /// Runs of workflows' code, and the journal entries that these were replayed over.
    package var activations: Int
    package var replayedEntries: Int
    /// Timers that came, those more than a second after their time, and all their delays in microseconds.
    package var timers: Int
    package var timersLate: Int
    package var timerMicroseconds: Int
    /// By service and method, in the order of names.
    package var handlers: [HandlerStatistics]

    init(_ metrics: WorkerMetrics, partitions: [String]) {
        executions = metrics.executions.count
        failures = metrics.failures.count
        transactions = metrics.transactions.count
        batches = metrics.batches.count
        batchMicroseconds = metrics.batchMicroseconds.count
        messages = metrics.messages.count
        parked = metrics.parked.count
        deadLetters = metrics.deadLetters.count
        conflicts = metrics.conflicts.count
        reclaims = metrics.fenced.count
        self.partitions = partitions
        workflowsStarted = metrics.workflowsStarted.count
        workflowsEnded = zip(WorkflowRow.Status.allCases, metrics.workflowsEnded).filter { !$0.0.isOpen }.map {
            ($0.0, $0.1.count)
        }
        activations = metrics.activations.count
        replayedEntries = metrics.replayedEntries.count
        timers = metrics.timers.count
        timersLate = metrics.timersLate.count
        timerMicroseconds = metrics.timerMicroseconds.count
        handlers = metrics.handlers.statistics
    }
}
