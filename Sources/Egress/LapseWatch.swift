import Outbox

/// Decides which calls' processes have gone, of those whose leases have passed.
///
/// Leases lie in the database's time, and that may step forward by more than one (a clock that is put right, a failover): then those of the
/// living have passed, too, until each is renewed a moment later. So a lease has passed once it was seen so, unchanged, for half of one by
/// this process's own clock.
struct LapseWatch: Sendable {
    let lease: Duration
    private var since: [LapsedHTTPCall: ContinuousClock.Instant] = [:]

    init(lease: Duration) { self.lease = lease }

    /// What has passed by a look that was made at `now`; those to answer for.
    mutating func saw(_ lapsed: [LapsedHTTPCall], at now: ContinuousClock.Instant) -> [LapsedHTTPCall] {
        let known = since
        since = [:]
        for call in lapsed { since[call] = known[call] ?? now }
        return lapsed.filter { call in since[call].map { $0.duration(to: now) >= lease / 2 } ?? false }
    }

    /// Others may not have been able to renew theirs: what was seen says nothing.
    mutating func forget() { since = [:] }
}
