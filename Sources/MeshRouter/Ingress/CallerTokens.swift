import MeshCore
package import Outbox
import Synchronization

/// Knows the bearer tokens of callers and the roles they have.
package protocol CallerTokens: Sendable {
    /// What a token may do; nil where it isn't known or was taken back.
    func bearer(of token: String) async throws -> TokenBearer?
}

/// The tokens of the store, remembered for a moment, so that calls don't wait for Postgres each.
package final class StoredTokens: CallerTokens {
    /// For how long a token that was taken back may still be good here.
    static let memory: Duration = .seconds(5)
    /// How many are remembered; beyond, all are forgotten.
    static let limit = 10_000

    private struct Known {
        var bearer: TokenBearer?
        var since: ContinuousClock.Instant
    }

    private let store: AdminStore
    /// By the token's hash: tokens that anybody makes up may be long, and real ones needn't lie in memory.
    private let known = Mutex<[[UInt8]: Known]>([:])

    package init(_ store: AdminStore) { self.store = store }

    package func bearer(of token: String) async throws -> TokenBearer? {
        let hash = SHA256.digest(Array(token.utf8))
        let remembered = known.withLock { $0[hash] }
        if let remembered, remembered.since.duration(to: .now) < StoredTokens.memory { return remembered.bearer }
        let bearer = try await store.bearer(of: token)
        known.withLock { known in
            if known.count >= StoredTokens.limit { known = [:] }
            known[hash] = Known(bearer: bearer, since: .now)
        }
        return bearer
    }
}
