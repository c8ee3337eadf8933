import MeshCore

/// Looks at the server once at start: is it one that the mesh's guarantees can rest on?
package enum PostgresServerCheck {
    private static let settings = Statement(
        "server_check",
        """
        SELECT current_setting('server_version_num')::int8, current_setting('fsync'),
               current_setting('synchronous_commit'), current_setting('full_page_writes'), pg_is_in_recovery(), current_setting('server_encoding')
        """)

    /// Refuses a server before version 15, one with `fsync` off, and a replica; warns where a crash of the server could lose what was
    /// acknowledged, or a database doesn't store each text.
    package static func run(on connection: PostgresConnection) async throws(PostgresError) {
        let results = try await connection.query(settings)
        guard let row = results.first else { throw PostgresError(.value, "the server did not tell its settings") }
        let facts = Facts(
            version: try row.int64(0), fsync: try row.text(1), synchronousCommit: try row.text(2),
            fullPageWrites: try row.text(3), isReplica: try row.bool(4), encoding: try row.text(5))
        try facts.refuse()
        for warning in facts.warnings { PostgresConnection.log.warning(warning) }
    }

    /// What the server says about itself.
    struct Facts {
        var version: Int64 = 150_000
        var fsync = "on"
        var synchronousCommit = "on"
        var fullPageWrites = "on"
        var isReplica = false
        var encoding = "UTF8"

        func refuse() throws(PostgresError) {
            guard version >= 150_000 else {
                throw PostgresError(.refused, "Postgres 15 or later is needed; this is version \(version / 10_000)")
            }
            guard fsync == "on" else {
                throw PostgresError(
                    .refused,
                    "Postgres runs with fsync=off and loses committed data in a crash; set fsync=on and restart it")
            }
            guard !isReplica else {
                throw PostgresError(.refused, "this Postgres is a replica; the mesh needs the primary's address")
            }
        }

        var warnings: [String] {
            var list: [String] = []
            if synchronousCommit == "off" {
                list.append("synchronous_commit is off: a crash of Postgres can lose messages that were acknowledged")
            }
            if fullPageWrites == "off" {
                list.append("full_page_writes is off: a crash of the machine can corrupt the tables of Postgres")
            }
            if encoding != "UTF8" {
                list.append("the database's encoding is \(encoding): messages with characters it lacks are refused")
            }
            return list
        }
    }
}
