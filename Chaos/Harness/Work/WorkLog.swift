internal import Synchronization

/// A transfer that the work asked for.
struct Transfer: Sendable {
    enum Way: String, Sendable, CaseIterable { case call, event, workflow }

    var id: String
    var source: String
    var target: String
    var amount: Int
    var way: Way
}

/// What was asked of the mesh over HTTP, and what is known of it. What SQL asked for stands in tables of its own.
final class WorkLog: Sendable {
    enum State: Sendable, Equatable {
        /// Asked, and no definite answer yet: it may take place or not, but not twice.
        case unknown
        /// Answered with 2xx: it takes place, once.
        case accepted
        /// Answered with its outcome.
        case done(String)
    }

    struct Counts: Sendable {
        var sqlTransactions = 0
        var sqlFailures = 0
        var requests = 0
        var statuses: [String: Int] = [:]
    }

    private let entries = Mutex<[String: (Transfer, State)]>([:])
    private let tally = Mutex(Counts())

    func set(_ transfer: Transfer, _ state: State) { entries.withLock { $0[transfer.id] = (transfer, state) } }

    var all: [(transfer: Transfer, state: State)] { entries.withLock { $0.values.map { ($0.0, $0.1) } } }
    var counts: Counts { tally.withLock { $0 } }

    func count(_ change: (inout Counts) -> Void) { tally.withLock { change(&$0) } }
}
