package import MeshCore
package import Postgres

/// The calls to the outside as egress processes see them; every method is one transaction.
package struct HTTPCallStore: Sendable {
    /// What Postgres notifies when there are new calls.
    private static let channel = "mesh_http_call"
    private let database: Database

    package init(_ pool: PostgresPool) { database = Database(pool) }

    /// Takes calls that wait, the oldest first, as fast as the limits of their origins allow; nobody else gets them while `owner` renews its lease.
    package func claim(_ owner: String, limit: Int, lease: Duration) async throws(StoreError) -> [HTTPCall] {
        let rows = try await database.query(
            HTTPCallStatement.claim, .text(owner), .integer(limit), .float64(lease.seconds))
        return try rows.readRows { row throws(PostgresError) in
            HTTPCall(
                id: try row.text(0), workflow: WorkflowID(service: try row.text(1), key: try row.text(2)),
                operation: try row.text(3), key: try row.text(4), request: try row.text(5),
                deadline: try row.timestampIfAny(6), traceparent: try row.textIfAny(7), isWanted: try row.bool(8),
                capabilities: try row.texts(9))
        }
    }

    /// How long until the next call may begin that a rate holds back; nil where none does.
    package func held() async throws(StoreError) -> Duration? {
        try await database.query(HTTPCallStatement.held).firstRow { row throws(PostgresError) in
            try row.float64IfAny(0).map { .seconds($0) }
        } ?? nil
    }

    /// Calls under way whose leases have passed, at most so many.
    package func lapsed(limit: Int) async throws(StoreError) -> [LapsedHTTPCall] {
        try await database.query(HTTPCallStatement.lapsed, .integer(limit)).readRows { row throws(PostgresError) in
            LapsedHTTPCall(id: try row.text(0), leaseUntil: try row.timestamp(1))
        }
    }

    /// Takes calls whose egress process has gone while it made them, but those that somebody has renewed since.
    package func claimLost(_ owner: String, _ lapsed: [LapsedHTTPCall], lease: Duration) async throws(StoreError)
        -> [LostHTTPCall]
    {
        let rows = try await database.query(
            HTTPCallStatement.claimLost, .text(owner), .texts(lapsed.map(\.id)),
            .timestamps(lapsed.map { Timestamp?($0.leaseUntil) }), .float64(lease.seconds))
        return try rows.readRows { row throws(PostgresError) in
            LostHTTPCall(
                id: try row.text(0), workflow: WorkflowID(service: try row.text(1), key: try row.text(2)),
                operation: try row.text(3), formerOwner: try row.text(4))
        }
    }

    /// Says that `owner` is alive and still making these calls.
    ///
    /// What it holds besides it doesn't know of: a claim whose connection went took that. It is answered for when its lease has passed.
    package func renew(_ owner: String, ids: [String], lease: Duration) async throws(StoreError) {
        try await database.query(HTTPCallStatement.renew, .text(owner), .float64(lease.seconds), .texts(ids))
    }

    /// Removes a call and sends its answer; false where it isn't `owner`'s any more: then nothing was sent.
    /// - Parameter answer: nil where nobody waits for it.
    package func end(
        _ id: String, owner: String, answer: (status: ReplyStatus, data: [UInt8])?
    ) async throws(StoreError) -> Bool {
        let rows = try await database.query(
            HTTPCallStatement.end, .text(id), .text(owner), .text(orNull: answer?.status.rawValue),
            answer.map { .utf8($0.data) } ?? .null)
        return try rows.firstRow { row throws(PostgresError) in try row.bool(0) } ?? false
    }

    /// Gives back what `owner` has taken without hearing of it: all but these, which it is making.
    package func release(_ owner: String, but ids: [String]) async throws(StoreError) {
        try await database.query(HTTPCallStatement.release, .text(owner), .texts(ids))
    }

    /// Calls `changed` when there are new calls, on a connection's thread (it must not block).
    package func whenChanged(_ changed: @escaping @Sendable () -> Void) {
        database.pool.connections[0].listen(HTTPCallStore.channel) { _ in changed() }
    }
}
