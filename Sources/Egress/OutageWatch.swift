/// Decides whether a process may answer for others whose leases have passed.
///
/// While Postgres is away nobody can renew a lease, so afterwards all of them have passed, those of the living too. Whoever answered
/// for others at once would tell workflows that nobody knows what came of calls that are still being made. So the living are
/// given one whole lease in which Postgres was there without a break.
struct OutageWatch: Sendable {
    let lease: Duration
    /// Since when Postgres has answered each time, and in time.
    private var steadySince: ContinuousClock.Instant

    init(lease: Duration, now: ContinuousClock.Instant) {
        self.lease = lease
        steadySince = now
    }

    /// Own leases were renewed. One that took its time may have waited for a Postgres that stood still: others may have, too.
    mutating func renewed(from began: ContinuousClock.Instant, to ended: ContinuousClock.Instant) {
        if began.duration(to: ended) > lease / 8 { steadySince = ended }
    }

    mutating func failed(at now: ContinuousClock.Instant) { steadySince = now }

    func mayAnswerForOthers(at now: ContinuousClock.Instant) -> Bool { steadySince.duration(to: now) > lease }
}
