import Synchronization

/// What an egress process has done since it started.
package struct EgressStatistics: Sendable, Equatable {
    /// The upper bounds of `durations`, seconds.
    package static let bounds: [Double] = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300]
    /// Attempts by what came of them: `ok`, a code of the mesh, or `unwanted` where nobody waited any more and nothing was sent.
    package var outcomes: [String: UInt64] = [:]
    /// How many attempts took up to each bound and longer than the one before; the last is for what took longer than all.
    package var durations = [UInt64](repeating: 0, count: bounds.count + 1)
    /// How long all attempts took, seconds.
    package var durationSum = 0.0
    /// Calls that were under way when another process went.
    package var lost: UInt64 = 0

    mutating func add(_ outcome: String, seconds: Double) {
        outcomes[outcome, default: 0] += 1
        durationSum += seconds
        durations[EgressStatistics.bounds.firstIndex { seconds <= $0 } ?? EgressStatistics.bounds.count] += 1
    }
}

/// The statistics of a running process, counted by its tasks.
final class EgressCounts: Sendable {
    private let statistics = Mutex(EgressStatistics())

    var current: EgressStatistics { statistics.withLock { $0 } }

    func add(_ outcome: String, seconds: Double) { statistics.withLock { $0.add(outcome, seconds: seconds) } }

    func addUnwanted() { statistics.withLock { $0.outcomes["unwanted", default: 0] += 1 } }

    func addLost() { statistics.withLock { $0.lost += 1 } }
}
