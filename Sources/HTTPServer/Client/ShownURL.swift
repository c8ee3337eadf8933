/// A URL as errors and logs may show it: a user and a password that stand in it are left out.
package enum ShownURL {
    package static func of(_ url: String) -> String {
        guard let slashes = url.firstRange(of: "://") else { return url }
        let authority = url[slashes.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard let at = authority.lastIndex(of: "@") else { return url }
        return String(url[..<slashes.upperBound] + url[url.index(after: at)...])
    }
}
