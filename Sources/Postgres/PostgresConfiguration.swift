import CPostgres

/// Where the server is and how patient a connection to it is.
package struct PostgresConfiguration: Sendable {
    /// A libpq URI (`postgresql://user@host:5432/base?…`) or conninfo string (`host=… dbname=…`); what it says wins over the defaults below.
    package var url: String
    /// What `pg_stat_activity` shows.
    package var applicationName = "wasmesh"
    /// How long one attempt to connect may take.
    package var connectTimeout: Duration = .seconds(5)
    /// How long a submitted pipeline waits for a server that is away before it fails with a connection error.
    package var patience: Duration = .seconds(30)
    /// The most time one statement may take, enforced by the server; nil leaves the server's setting.
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
        ]
        if let statementTimeout { list.append(("options", "-c statement_timeout=\(statementTimeout.milliseconds)")) }
        list.append(("dbname", url))
        list.append(("client_encoding", "UTF8"))
        return list
    }
}

extension PostgresConfiguration {
    /// `host:port/database` of the URL, without user and password; for people.
    package var serverDescription: String {
        guard let options = PQconninfoParse(url, nil) else { return "(a URL that is not valid)" }
        defer { PQconninfoFree(options) }
        var found: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { found[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        let host = found["host"] ?? found["hostaddr"] ?? "localhost"
        return "\(host):\(found["port"] ?? "5432")/\(found["dbname"] ?? "")"
    }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
