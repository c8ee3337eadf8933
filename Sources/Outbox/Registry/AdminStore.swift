package import MeshCore
package import Postgres

/// Who may use the control plane, who did what, and which processes there are.
package struct AdminStore: Sendable {
    let database: Database

    package init(_ pool: PostgresPool) { database = Database(pool) }

    /// Makes a token and returns it, the only time it can be seen; the store keeps its SHA-256.
    package func createToken(name: String) async throws(StoreError) -> String {
        let token = AdminToken.make()
        try await database.query(AdminStatement.createToken, .text(name), .bytes(AdminToken.hash(token)))
        return token
    }

    /// Makes the first token of a mesh; nil when there is one already. Of several processes that start at once, one makes it.
    package func createFirstToken(name: String) async throws(StoreError) -> String? {
        let token = AdminToken.make()
        let rows = try await database.query(
            AdminStatement.createFirstToken, .text(name), .bytes(AdminToken.hash(token)))
        return rows.isEmpty ? nil : token
    }

    /// Whether anybody may use the control plane.
    package func hasAdministrator() async throws(StoreError) -> Bool {
        try await !database.query(AdminStatement.anyAdministrator).isEmpty
    }

    /// Whose token it is; nil when it isn't one, or isn't any more.
    package func check(token: String) async throws(StoreError) -> String? {
        let rows = try await database.query(AdminStatement.checkToken, .bytes(AdminToken.hash(token)))
        return try rows.firstRow { row throws(PostgresError) in try row.text(0) }
    }

    /// Takes the tokens of a name back; how many there were.
    package func revokeTokens(name: String) async throws(StoreError) -> Int {
        try await database.query(AdminStatement.revokeTokens, .text(name)).count
    }

    /// Adds to the audit trail; `details` is JSON.
    package func record(actor: String, action: String, subject: String, details: String = "{}") async throws(StoreError)
    {
        try await database.query(
            AdminStatement.record, .text(actor), .text(action), .text(subject), .text(details))
    }

    /// The audit trail, newest first.
    package func facts(limit: Int) async throws(StoreError) -> [AuditFact] {
        let rows = try await database.query(AdminStatement.facts, .integer(limit))
        return try rows.readRows { row throws(PostgresError) in
            AuditFact(
                at: try row.timestamp(0), actor: try row.text(1), action: try row.text(2), subject: try row.text(3),
                details: try row.text(4))
        }
    }

    /// Says that a process is alive; the database's time. Throws `fenced` where another process of that name is alive as well.
    @discardableResult
    package func heartbeat(_ process: MeshProcess, lease: Duration) async throws(StoreError) -> Timestamp {
        let rows = try await database.query(
            AdminStatement.heartbeat, .text(process.id), .text(process.kind.rawValue), .text(process.incarnation),
            .text(process.host), .int32(process.pid), .text(orNull: process.pool), .text(process.details),
            .float64(lease.seconds))
        let time = try rows.firstRow { row throws(PostgresError) in try row.timestamp(0) }
        guard let time else {
            throw .fenced(
                "another process is called \(process.id) and is alive; give this one another name (--id), or end the other"
            )
        }
        return time
    }

    /// Takes a process off the list, as its last act.
    package func goodbye(_ process: MeshProcess) async throws(StoreError) {
        try await database.query(AdminStatement.goodbye, .text(process.id), .text(process.incarnation))
    }
}

/// An entry of the audit trail.
package struct AuditFact: Sendable, Equatable {
    package var at: Timestamp
    package var actor: String
    package var action: String
    package var subject: String
    /// JSON.
    package var details: String
}

/// A process of the mesh as it tells of itself.
package struct MeshProcess: Sendable, Equatable {
    package enum Kind: String, Sendable { case worker, router, relay, egress, dev }

    package var id: String
    package var kind: Kind
    /// Made new at each start.
    package var incarnation: String
    package var host: String
    package var pid: Int32
    package var pool: String?
    /// JSON.
    package var details: String

    package init(
        id: String, kind: Kind, incarnation: String = MessageID.make(), host: String, pid: Int32, pool: String? = nil,
        details: String = "{}"
    ) {
        self.id = id
        self.kind = kind
        self.incarnation = incarnation
        self.host = host
        self.pid = pid
        self.pool = pool
        self.details = details
    }
}

/// Bearer tokens: 32 random bytes behind a prefix that tells what they are.
enum AdminToken {
    static func make() -> String {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        return "mesh_" + SHA256.hexadecimal(bytes)
    }

    static func hash(_ token: String) -> [UInt8] { SHA256.digest(Array(token.utf8)) }
}
