/// What a worker has done since it started.
package struct WorkerStatistics: Sendable {
    package var executions: Int
    package var failures: Int
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

    init(_ metrics: WorkerMetrics, partitions: [String]) {
        executions = metrics.executions.count
        failures = metrics.failures.count
        batches = metrics.batches.count
        batchMicroseconds = metrics.batchMicroseconds.count
        messages = metrics.messages.count
        parked = metrics.parked.count
        deadLetters = metrics.deadLetters.count
        conflicts = metrics.conflicts.count
        reclaims = metrics.fenced.count
        self.partitions = partitions
    }
}
