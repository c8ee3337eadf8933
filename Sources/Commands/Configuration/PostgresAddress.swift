import Postgres

/// What is wrong with the address of a Postgres, before anything is tried with it.
///
/// It may hold a password, and where is hard to say of one that can't be read. So nothing of it is shown but the name of an option, and that
/// only where no password is given as one.
enum PostgresAddress {
    private static let form = "postgresql://USER@HOST:PORT/DATABASE, or libpq's host=… dbname=…"
    /// Those that people write by hand; for the nearest to one that libpq doesn't know.
    private static let names = [
        "host", "hostaddr", "port", "dbname", "user", "password", "passfile", "sslmode", "sslrootcert", "sslcert",
        "sslkey", "connect_timeout", "application_name", "options", "client_encoding", "target_session_attrs",
        "keepalives", "keepalives_idle", "tcp_user_timeout", "channel_binding", "load_balance_hosts", "service",
    ]
    private static let sslModes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]
    /// What libpq's context calls an address that libpq can't read.
    private static let unreadable = PostgresConfiguration(url: "=").serverDescription

    static func problem(_ text: String) -> String? {
        let isURL = text.hasPrefix("postgres://") || text.hasPrefix("postgresql://")
        guard isURL || text.contains("=") else { return "expected postgresql://… or libpq's key=value form" }
        // A user and a password stand before the last @.
        let rest = isURL ? text.split(separator: "@", omittingEmptySubsequences: false).last ?? "" : text[...]
        let options = options(isURL ? rest.drop { $0 != "?" }.dropFirst() : rest, isURL ? "&" : " ")
        guard PostgresConfiguration(url: text).serverDescription != unreadable else {
            return reason(rest, options, isURL)
        }
        // libpq finds these out when it connects only, where they would pass for a server that is away.
        let ports = (isURL ? ports(of: rest) : []) + options.filter { $0.name == "port" }.map(\.value)
        if !ports.allSatisfy(isPort) { return "the port isn't a number from 1 to 65535" }
        if let mode = options.last(where: { $0.name == "sslmode" })?.value, !sslModes.contains(mode) {
            return "sslmode is none of \(sslModes.joined(separator: ", "))"
        }
        return nil
    }

    /// Why libpq can't read it.
    private static func reason(_ rest: Substring, _ options: [(name: String, value: String)], _ isURL: Bool) -> String {
        let isOpen = !rest.lowercased().contains("pass")
        let suggestions = options.filter { !names.contains($0.name) }
        if isOpen, let unknown = suggestions.first, !unknown.name.isEmpty {
            return "libpq has no option '\(unknown.name)'\(DidYouMean.clause(for: unknown.name, among: names))"
        }
        if isURL, rest.contains("["), !rest.contains("]") { return "the bracket around the host isn't closed" }
        return "libpq can't read it; it looks like \(form), with special characters of a URL's parts as %XX"
    }

    /// The options in a text, as far as they can be told apart without libpq.
    private static func options(_ text: Substring, _ separator: Character) -> [(name: String, value: String)] {
        text.split(separator: separator).compactMap { part in
            guard let equals = part.firstIndex(of: "=") else { return nil }
            let value = part[part.index(after: equals)...].split(separator: "'").joined()
            return (String(part[..<equals]), value)
        }
    }

    /// The ports of a URL's hosts, of which there may be several.
    private static func ports(of rest: Substring) -> [String] {
        let slashes = rest.firstRange(of: "://")
        let hosts = rest[(slashes?.upperBound ?? rest.startIndex)...].prefix { $0 != "/" && $0 != "?" }
        return hosts.split(separator: ",").compactMap { host in
            let name = host.lastIndex(of: "]").map { host[$0...] } ?? host
            return name.firstIndex(of: ":").map { String(name[name.index(after: $0)...]) }
        }
    }

    private static func isPort(_ text: String) -> Bool {
        text.isEmpty || text.split(separator: ",").allSatisfy { Int($0).map { (1...65535).contains($0) } ?? false }
    }
}
