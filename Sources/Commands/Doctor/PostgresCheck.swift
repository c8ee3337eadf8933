import Postgres

/// The database: reachable, of a version and with settings that the mesh's guarantees rest on, migrated.
enum PostgresCheck {
    /// Of other roles' sessions a plain role sees who they are, not what they are: so those of clients are told by their database and user.
    private static let settings = Statement.oneOff(
        """
        SELECT current_setting('server_version'), current_setting('server_version_num')::int8, current_setting('fsync'),
               current_setting('synchronous_commit'), pg_is_in_recovery(),
               current_setting('max_connections')::int8,
               (SELECT count(*) FROM pg_stat_activity WHERE datid IS NOT NULL AND usesysid IS NOT NULL),
               current_setting('server_encoding')
        """)
    private static let oldest = Statement.oneOff(
        """
        SELECT coalesce(extract(epoch FROM max(now() - xact_start))::int8, 0), count(*) FILTER (WHERE backend_type IS NULL),
               current_user::text
        FROM pg_stat_activity
        WHERE datid IS NOT NULL AND usesysid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'
            AND pid <> pg_backend_pid()
        """)

    static func run(_ url: String) async -> [Finding] {
        do {
            var configuration = PostgresConfiguration(url: url)
            configuration.patience = .seconds(3)
            let connection = try PostgresConnection(configuration)
            defer { connection.close() }
            guard let row = try await connection.query(settings).first else { return [] }
            return try await [version(row), durability(row)] + encoding(row)
                + [connections(row), longTransactions(connection), migrations(url)] + roles(connection)
                + ClaimsCheck.findings(connection)
        } catch {
            let failure = Failures.describe(error)
            return [
                Finding(
                    subject: "postgres", verdict: failure.exit == .unreachable ? .unreachable : .problem,
                    fact: failure.message, remedy: failure.hint ?? "")
            ]
        }
    }

    private static func version(_ row: PostgresRow) throws -> Finding {
        let text = try row.text(0)
        if try row.bool(4) {
            return Finding(
                subject: "postgres", verdict: .problem, fact: "\(text), a replica", remedy: "give the primary's address"
            )
        }
        return try row.int64(1) >= 150_000
            ? Finding(subject: "postgres", verdict: .fine, fact: text)
            : Finding(
                subject: "postgres", verdict: .problem, fact: "\(text) is too old",
                remedy: "Postgres 15 or newer is needed")
    }

    private static func durability(_ row: PostgresRow) throws -> Finding {
        let fact = "fsync=\(try row.text(2)) synchronous_commit=\(try row.text(3))"
        if try row.text(2) != "on" {
            return Finding(
                subject: "durability", verdict: .problem, fact: "\(fact): a crash loses committed data",
                remedy: "set fsync=on in postgresql.conf and restart Postgres; the mesh refuses to start otherwise")
        }
        if try row.text(3) == "off" {
            return Finding(
                subject: "durability", verdict: .warning, fact: "\(fact): a crash can lose acknowledged messages",
                remedy: "ALTER DATABASE … SET synchronous_commit = on")
        }
        return Finding(subject: "durability", verdict: .fine, fact: fact)
    }

    /// Says something where the database doesn't store each text.
    private static func encoding(_ row: PostgresRow) throws -> [Finding] {
        let encoding = try row.text(7)
        guard encoding != "UTF8" else { return [] }
        return [
            Finding(
                subject: "encoding", verdict: .problem,
                fact: "the database's is \(encoding): messages with other characters are refused",
                remedy: "move the mesh to a database made with `createdb --encoding UTF8 --template template0`")
        ]
    }

    private static func connections(_ row: PostgresRow) throws -> Finding {
        let (limit, used) = (try row.int64(5), try row.int64(6))
        let fact = "\(used) of \(limit) in use"
        return used * 10 < limit * 8
            ? Finding(subject: "connections", verdict: .fine, fact: fact)
            : Finding(
                subject: "connections", verdict: .warning, fact: fact,
                remedy: "raise max_connections, or run fewer processes; each worker keeps a few connections")
    }

    private static func longTransactions(_ connection: PostgresConnection) async throws -> Finding {
        guard let row = try await connection.query(oldest).first else { throw PostgresError(.value, "no row") }
        let (seconds, hidden) = (try row.int64(0), try row.int64(1))
        if seconds >= 300 {
            return Finding(
                subject: "transactions", verdict: .warning,
                fact: "one is open for \(seconds) s: vacuum can't clean behind it",
                remedy:
                    "SELECT pid, state, query FROM pg_stat_activity ORDER BY xact_start; end it, or set idle_in_transaction_session_timeout"
            )
        }
        return hidden == 0
            ? Finding(subject: "transactions", verdict: .fine, fact: "the oldest open one is \(seconds) s old")
            : Finding(
                subject: "transactions", verdict: .note,
                fact: "those of \(hidden) sessions of other roles are hidden from the role \(try row.text(2))",
                remedy: "GRANT pg_read_all_stats TO \(try row.text(2))")
    }

    /// Says something where what applications and readers are granted isn't there: the user that migrated may not make roles.
    private static func roles(_ connection: PostgresConnection) async throws -> [Finding] {
        let missing = try await MeshRoles.missing(connection)
        guard !missing.isEmpty else { return [] }
        return [
            Finding(
                subject: "roles", verdict: .note, fact: "not there: \(missing.joined(separator: ", "))",
                remedy: MeshRoles.remedy)
        ]
    }

    private static func migrations(_ url: String) async -> Finding {
        do {
            let missing = try await MeshParts.migrate(url, dryRun: true)
            return missing.isEmpty
                ? Finding(subject: "migrations", verdict: .fine, fact: "the schema mesh is up to date")
                : Finding(
                    subject: "migrations", verdict: .problem, fact: "missing: \(missing.joined(separator: ", "))",
                    remedy: "run `wasmesh migrate`")
        } catch {
            return Finding(subject: "migrations", verdict: .problem, fact: Failures.describe(error).message)
        }
    }
}
