package import MeshCore

/// How fast and how many at once workflows may call an origin outside, of all egress processes together; a row of `mesh.outside_limit`.
package struct OutsideLimit: Sendable, Equatable {
    /// `https://api.example.com`
    package var origin: String
    /// Attempts begin evenly apart; nil: as fast as they come.
    package var rate: CallRate?
    /// Attempts under way, at least 1; nil: as many as egress processes make.
    package var concurrency: Int?

    package init(origin: String, rate: CallRate?, concurrency: Int?) {
        self.origin = origin
        self.rate = rate
        self.concurrency = concurrency
    }
}

/// A limit with what it holds back just now.
package struct OutsideLimitRecord: Sendable, Equatable {
    package var limit: OutsideLimit
    /// Calls of that origin that wait, and those under way.
    package var waiting: Int
    package var underWay: Int
    package var setBy: String
    package var setAt: Timestamp
}
