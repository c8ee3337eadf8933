package import MeshCore
import Postgres

/// What a bearer token stands for.
package enum TokenBearer: Sendable, Equatable {
    case administrator(name: String)
    case caller(name: String, roles: [String])

    /// Who a handler is told that it is; nil for a token of before that rule, whose name and roles take more than 2,048 bytes.
    package var principal: Principal? {
        switch self {
        case .administrator(let name): Principal(name: name, roles: [], isAdministrator: true)
        case .caller(let name, let roles): Principal(name: name, roles: roles)
        }
    }
}

/// A token without its secret.
package struct TokenRecord: Sendable, Equatable {
    package var id: Int64
    package var name: String
    /// Nil for an administrator's.
    package var roles: [String]?
    package var createdAt: Timestamp
    package var revokedAt: Timestamp?
}

extension AdminStore {
    /// Makes sure that there is an administrator's token that somebody else has chosen (`wasmesh dev` chooses its own); false where it isn't good all
    /// the same, since it was taken back or is a caller's.
    @discardableResult
    package func ensure(token: String, name: String) async throws(StoreError) -> Bool {
        try await database.query(AdminStatement.ensureToken, .text(name), .bytes(AdminToken.hash(token)))
        return try await check(token: token) != nil
    }

    /// Makes a caller's token with roles and returns it, the only time it can be seen.
    package func createCallerToken(
        name: String, roles: [String], by actor: String
    ) async throws(StoreError) -> (id: Int64, token: String) {
        let token = AdminToken.make()
        let rows = try await database.query(
            AdminStatement.createCallerToken, .text(name), .bytes(AdminToken.hash(token)), .texts(roles), .text(actor))
        let id = try rows.firstRow { row throws(PostgresError) in try row.int64(0) }
        guard let id else { throw .other(message: "the token wasn't stored", sqlstate: nil) }
        return (id, token)
    }

    /// Whose token it is; nil when it isn't one, or isn't any more.
    package func bearer(of token: String) async throws(StoreError) -> TokenBearer? {
        let rows = try await database.query(AdminStatement.roles, .bytes(AdminToken.hash(token)))
        return try rows.firstRow { row throws(PostgresError) in
            let name = try row.text(0)
            return try row.bool(1) ? .administrator(name: name) : .caller(name: name, roles: try row.texts(2))
        }
    }

    /// One page of tokens, the newest first; it goes on below the id `before`, the last one of the page before.
    package func tokens(before: Int64? = nil, limit: Int = 1000) async throws(StoreError) -> [TokenRecord] {
        let rows = try await database.query(AdminStatement.tokens, .int64(orNull: before), .integer(limit))
        return try rows.readRows { row throws(PostgresError) in
            TokenRecord(
                id: try row.int64(0), name: try row.text(1), roles: try row.bool(2) ? nil : try row.texts(3),
                createdAt: try row.timestamp(4), revokedAt: try row.timestampIfAny(5))
        }
    }

    /// What became of a token that was to be taken back.
    package enum Revocation: Sendable {
        case done
        /// There is none that is good.
        case unknown
        /// It is the last administrator's: without it nobody could give another one.
        case last
    }

    /// Takes one token back, unless it is the last one of an administrator.
    package func revokeToken(_ id: Int64, by actor: String) async throws(StoreError) -> Revocation {
        let rows = try await database.query(AdminStatement.revokeToken, .int64(id), .text(actor))
        if !rows.isEmpty { return .done }
        return try await database.query(AdminStatement.goodAdministrator, .int64(id)).isEmpty ? .unknown : .last
    }
}
