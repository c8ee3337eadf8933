/// A URL as errors and logs may show it: a user and a password that stand in it are left out, and so is the query, where keys are passed.
package enum ShownURL {
    package static func of(_ url: String) -> String {
        var shown = url[...]
        if let mark = url.firstIndex(of: "?"), url.index(after: mark) < url.endIndex { shown = url[..<mark] + "?…" }
        guard let slashes = shown.firstRange(of: "://") else { return String(shown) }
        let authority = shown[slashes.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard let at = authority.lastIndex(of: "@") else { return String(shown) }
        return String(shown[..<slashes.upperBound] + shown[shown.index(after: at)...])
    }
}
