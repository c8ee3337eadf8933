/// The servers that a URL names, of which those that keep silent are left out one after the other.
struct PostgresHosts {
    /// libpq's keywords that have a value for each server.
    private static let names = ["host", "hostaddr", "port"]

    private var lists: [String: [String]]

    /// Reads them from a URL's options by libpq's keywords.
    init(_ options: [String: String]) {
        lists = options.filter { PostgresHosts.names.contains($0.key) }
            .mapValues { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
    }

    /// What libpq is to be given for those that are left, after the URL itself.
    var keywords: [(name: String, value: String)] {
        PostgresHosts.names.compactMap { name in lists[name].map { (name, $0.joined(separator: ",")) } }
    }

    /// Leaves out the server that libpq names so; false where no other is left.
    mutating func remove(host: UnsafePointer<CChar>?, port: UnsafePointer<CChar>?) -> Bool {
        guard let host, let port else { return false }
        return remove(host: String(cString: host), port: String(cString: port))
    }

    mutating func remove(host: String, port: String) -> Bool {
        guard count > 1,
            let index = (0..<count).first(where: { self.host(at: $0) == host && self.port(at: $0) == port })
        else { return false }
        // A list of one holds for all.
        let all = count
        for (name, list) in lists where list.count == all { lists[name]?.remove(at: index) }
        return true
    }

    private var count: Int { max(lists["host"]?.count ?? 0, lists["hostaddr"]?.count ?? 0) }

    /// Its name, as `PQhost` tells it: the address where there is no name.
    private func host(at index: Int) -> String? {
        [lists["host"], lists["hostaddr"]].lazy.compactMap { $0 }.filter { $0.indices.contains(index) }.map {
            $0[index]
        }
        .first { !$0.isEmpty }
    }

    private func port(at index: Int) -> String {
        let ports = lists["port"] ?? []
        let port = ports.count == 1 ? ports[0] : ports.indices.contains(index) ? ports[index] : ""
        return port.isEmpty ? "5432" : port
    }
}
