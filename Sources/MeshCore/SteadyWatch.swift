/// Decides which things have stayed as they are for a while by this process's own clock, of those that one look after the other shows.
///
/// For what a time of somebody else's says only in part: the database's clock may step, and one look doesn't tell what stands still from what
/// was seen in passing.
package struct SteadyWatch<Item: Hashable & Sendable>: Sendable {
    /// For how long an item has to be seen, unchanged.
    package let patience: Duration
    private var since: [Item: ContinuousClock.Instant] = [:]

    package init(patience: Duration) { self.patience = patience }

    /// Takes what a look at `now` showed; returns what has been there, unchanged, in each look since one that is `patience` ago.
    package mutating func saw(_ items: [Item], at now: ContinuousClock.Instant) -> [Item] {
        let known = since
        since = [:]
        for item in items { since[item] = known[item] ?? now }
        return items.filter { item in since[item].map { $0.duration(to: now) >= patience } ?? false }
    }

    /// Begins anew: what was seen says nothing.
    package mutating func forget() { since = [:] }
}
