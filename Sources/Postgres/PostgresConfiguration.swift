import CPostgres

/// Where the server is and how patient a connection to it is.
package struct PostgresConfiguration: Sendable {
    /// A libpq URI (`postgresql://user@host:5432/base?…`) or conninfo string (`host=… dbname=…`); what it says wins over the defaults below.
    package var url: String
    /// What `pg_stat_activity` shows.
    package var applicationName = "wasmesh"
    /// How long each server of the URL has for an attempt to connect, where the URL has no `connect_timeout`.
    package var connectTimeout: Duration = .seconds(5)
    /// How long a submitted pipeline waits for a server that is away before it fails with a connection error.
    package var patience: Duration = .seconds(30)
    /// The most time one statement may take, enforced by the server; nil sets no limit, whatever the role or the database has.
    package var statementTimeout: Duration?
    /// TCP keepalive: idle time before the first probe.
    package var keepaliveIdle: Duration = .seconds(10)
    /// How long sent data may stay unacknowledged before the connection counts as lost.
    package var tcpUserTimeout: Duration = .seconds(15)
    /// Pipelines that may be sent and not answered yet.
    package var maximumInFlight = 64
    /// Pipelines that may wait for being sent; beyond it `submit` fails at once.
    package var maximumQueued = 4096

    package init(url: String) { self.url = url }
}

extension PostgresConfiguration {
    /// The settings as libpq keywords in the order of precedence, lowest first.
    var keywords: [(name: String, value: String)] {
        var list: [(String, String)] = [
            ("fallback_application_name", applicationName),
            ("keepalives", "1"),
            ("keepalives_idle", String(keepaliveIdle.components.seconds)),
            ("keepalives_interval", "5"),
            ("keepalives_count", "3"),
            ("tcp_user_timeout", String(tcpUserTimeout.milliseconds)),
            // Of several servers the primary; a lone one that may only be read is waited for.
            ("target_session_attrs", "read-write"),
        ]
        list.append(("dbname", url))
        list.append(("client_encoding", "UTF8"))
        return list
    }
}

extension PostgresConfiguration {
    /// What sessions are given, whatever the role, the database or a session pooler has for them; what the URL's `options` set wins.
    ///
    /// The fence and the state's versions are written for READ COMMITTED, where a statement sees what it waited for, and what may take
    /// how long is decided per function and transaction. A setting that the server doesn't know yet is left out.
    var sessionSettings: Statement {
        let values = [
            ("default_transaction_isolation", "read committed"), ("default_transaction_deferrable", "off"),
            ("statement_timeout", String(statementTimeout?.milliseconds ?? 0)), ("lock_timeout", "0"),
            ("idle_in_transaction_session_timeout", "0"), ("idle_session_timeout", "0"), ("transaction_timeout", "0"),
        ]
        let rows = values.map { "('\($0)', '\($1)')" }.joined(separator: ", ")
        return .oneOff(
            """
            SELECT pg_catalog.set_config(s.name, v.value, false)
            FROM (VALUES \(rows)) AS v (name, value) JOIN pg_catalog.pg_settings s ON s.name = v.name
            WHERE s.source <> 'client'
            """)
    }
}

extension PostgresConfiguration {
    /// `host:port/database` of the URL, without user and password; for people.
    package var serverDescription: String {
        guard let found = options else { return "(a URL that is not valid)" }
        let host = found["host"] ?? found["hostaddr"] ?? "localhost"
        return "\(host):\(found["port"] ?? "5432")/\(found["dbname"] ?? "")"
    }
}

extension PostgresConfiguration {
    /// What the URL says, by libpq's keywords; nil where libpq can't read it.
    var options: [String: String]? {
        guard let options = PQconninfoParse(url, nil) else { return nil }
        defer { PQconninfoFree(options) }
        var found: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { found[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return found
    }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
