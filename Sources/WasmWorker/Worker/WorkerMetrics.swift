import Outbox
import Synchronization

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
    let batches = Counter()
    let batchMicroseconds = Counter()
    let messages = Counter()
    let parked = Counter()
    let deadLetters = Counter()
    let conflicts = Counter()
    let fenced = Counter()

    func ran(_ result: KeyRunResult) {
        executions.add(result.results.count)
        failures.add(
            result.results.count {
                if case .failed = $0.outcome { true } else { false }
            })
    }

    func committed(_ batch: BatchCommit, in duration: Duration) {
        batches.add(1)
        batchMicroseconds.add(Int(duration.components.attoseconds / 1_000_000_000_000))
        messages.add(batch.outbox.count)
        parked.add(batch.parked.count)
        deadLetters.add(batch.deadLetters.count)
    }
}
