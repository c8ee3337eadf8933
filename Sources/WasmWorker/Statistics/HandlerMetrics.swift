import Synchronization

/// What the methods of a worker have done since it started, by service and method.
///
/// Told once per committed batch, so that no message takes the lock.
final class HandlerMetrics: Sendable {
    private struct Name: Hashable {
        var service: String
        var method: String
    }

    /// More methods aren't told apart: each is some twenty series, and services that were deployed and are gone keep theirs.
    static let methodsMax = 500
    /// What the others are counted under; no service and no method can be called so.
    static let other = "(other)"

    private let counts = Mutex<[Name: HandlerCounts]>([:])

    /// A batch of a service's partition is committed.
    func add(_ tally: HandlerTally, of service: String) {
        guard !tally.methods.isEmpty else { return }
        counts.withLock { counts in
            for (method, new) in tally.methods {
                var name = Name(service: service, method: method)
                if counts[name] == nil, counts.count >= HandlerMetrics.methodsMax {
                    name = Name(service: HandlerMetrics.other, method: HandlerMetrics.other)
                }
                counts[name, default: HandlerCounts()].add(new)
            }
        }
    }

    /// All of it, in the order of names.
    var statistics: [HandlerStatistics] {
        counts.withLock { $0 }.map { HandlerStatistics(service: $0.service, method: $0.method, counts: $1) }.sorted {
            ($0.service, $0.method) < ($1.service, $1.method)
        }
    }
}
