import MeshCore
package import Postgres

/// Brings a database to the schema of this program.
package enum Migrations {
    /// Runs what is missing, all in one transaction under a lock, and returns it; safe when several start at once.
    ///
    /// Refuses a database that a newer program has migrated, and one where a script differs from the one that ran.
    @discardableResult
    package static func run(_ connection: PostgresConnection) async throws(StoreError) -> [Migration] {
        try await run(connection, Migration.bundled())
    }

    static func run(_ connection: PostgresConnection, _ migrations: [Migration]) async throws(StoreError) -> [Migration]
    {
        try await checkEncoding(connection)
        do throws(PostgresError) {
            try await connection.script(prologue)
        } catch { throw StoreError(error) }
        let missing = try await missing(connection, migrations)
        guard !missing.isEmpty else { return [] }
        // Whoever comes second waits for the lock, and finds nothing missing when it looks again.
        for attempt in 1... {
            let sql = try await script(connection, migrations)
            guard let sql else { return [] }
            do throws(PostgresError) {
                try await connection.script(sql)
                return missing
            } catch  where error.sqlstate == overtaken && attempt < 10 {
                continue
            } catch {
                throw StoreError(error)
            }
        }
        return []
    }

    /// What isn't in the database yet.
    package static func missing(_ connection: PostgresConnection) async throws(StoreError) -> [Migration] {
        try await missing(connection, Migration.bundled())
    }

    /// What isn't in the database yet, for a process that is to work with it.
    ///
    /// Migrations only add, so that old processes go on when a newer program has migrated; one of them that is started anew meanwhile does, too.
    package static func missingForWork(_ connection: PostgresConnection) async throws(StoreError) -> [Migration] {
        let migrations = try Migration.bundled()
        let newer = try await applied(connection).keys.filter { $0 > migrations.count }
        if let last = newer.max() {
            Log("postgres").warning(
                "a newer wasmesh has migrated the database, to \(last); this one knows up to \(migrations.count), and goes on with it"
            )
        }
        return try await missing(connection, migrations, besides: newer)
    }

    private static func missing(
        _ connection: PostgresConnection, _ migrations: [Migration], besides accepted: [Int] = []
    ) async throws(StoreError) -> [Migration] {
        let applied = try await applied(connection).filter { !accepted.contains($0.key) }
        let known = Dictionary(uniqueKeysWithValues: migrations.map { ($0.version, $0) })
        for (version, checksum) in applied.sorted(by: { $0.key < $1.key }) {
            guard let migration = known[version] else {
                throw .other(
                    message: "the database is at migration \(applied.keys.max() ?? version), this program knows up to "
                        + "\(migrations.last?.version ?? 0); run a newer wasmesh", sqlstate: nil)
            }
            guard migration.checksum == checksum else {
                throw .other(
                    message: "migration \(version) (\(migration.name)) was changed after it ran on this database; "
                        + "put the change into a new migration", sqlstate: nil)
            }
        }
        return migrations.filter { applied[$0.version] == nil }
    }

    /// Refuses to begin in a database that doesn't store each text: messages would be refused later, one by one.
    private static func checkEncoding(_ connection: PostgresConnection) async throws(StoreError) {
        do throws(PostgresError) {
            let facts = try await connection.query(
                .oneOff("SELECT current_setting('server_encoding'), to_regclass('mesh.migration') IS NULL"))
            guard let row = facts.first, try row.bool(1), try row.text(0) != "UTF8" else { return }
            throw PostgresError(
                .refused,
                "the database has the encoding \(try row.text(0)), the mesh needs UTF8: make one with `createdb --encoding UTF8 --template template0`"
            )
        } catch { throw StoreError(error) }
    }

    private static func applied(_ connection: PostgresConnection) async throws(StoreError) -> [Int: Int64] {
        do throws(PostgresError) {
            let exists = try await connection.query(.oneOff("SELECT to_regclass('mesh.migration') IS NOT NULL"))
            guard let row = exists.first, try row.bool(0) else { return [:] }
            var versions: [Int: Int64] = [:]
            for row in try await connection.query(.oneOff("SELECT version, checksum FROM mesh.migration")) {
                versions[try row.int(0)] = try row.int64(1)
            }
            return versions
        } catch { throw StoreError(error) }
    }

    /// The missing scripts as one; nil when there is none any more.
    private static func script(_ connection: PostgresConnection, _ migrations: [Migration])
        async throws(StoreError) -> String?
    {
        let missing = try await missing(connection, migrations)
        guard let first = missing.first else { return nil }
        var sql = "BEGIN;\nSET LOCAL client_min_messages = error;\nSELECT pg_advisory_xact_lock(\(lock));\n"
        // Only under the lock it is certain what is missing.
        sql += """
            DO $$ BEGIN IF coalesce((SELECT max(version) FROM mesh.migration), 0) <> \(first.version - 1) THEN
                RAISE EXCEPTION 'somebody else has migrated' USING ERRCODE = '\(overtaken)';
            END IF; END $$;\n
            """
        for migration in missing {
            sql += migration.sql
            sql += "\nINSERT INTO mesh.migration (version, name, checksum) VALUES "
            sql += "(\(migration.version), '\(migration.name)', \(migration.checksum));\n"
        }
        return sql + "COMMIT;\n"
    }

    private static let lock: Int64 = 0x6d65_7368_6d69_6772
    private static let overtaken = "MF010"

    /// What the runner itself needs. CREATE … IF NOT EXISTS isn't safe when several run at once, so it is under the lock too.
    private static let prologue = """
        BEGIN;
        SET LOCAL client_min_messages = error;
        SELECT pg_advisory_xact_lock(\(lock));
        -- IF NOT EXISTS would ask for the right to make one first, which its owner may lack where an administrator has made it.
        DO $$ BEGIN IF to_regnamespace('mesh') IS NULL THEN CREATE SCHEMA mesh; END IF; END $$;
        CREATE TABLE IF NOT EXISTS mesh.migration (
            version integer PRIMARY KEY,
            name text NOT NULL,
            checksum bigint NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now()
        );
        COMMENT ON TABLE mesh.migration IS 'The migrations that ran on this database.';
        COMMENT ON COLUMN mesh.migration.version IS 'The number of the script.';
        COMMENT ON COLUMN mesh.migration.name IS 'Its name.';
        COMMENT ON COLUMN mesh.migration.checksum IS 'Its checksum, so that a later change is noticed.';
        COMMENT ON COLUMN mesh.migration.applied_at IS 'When it ran.';
        COMMIT;
        """
}
