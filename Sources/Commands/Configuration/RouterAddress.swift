/// What is wrong with a router's URL, before anything is tried with it.
///
/// It may hold a password for whoever stands in front of the router, so that nothing behind its first slashes is shown.
enum RouterAddress {
    static func problem(_ url: String) -> String? {
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            // What may be a secret isn't among these.
            let isWord = url.utf8.allSatisfy { $0 != UInt8(ascii: "@") && $0 != UInt8(ascii: ":") }
            return "expected http:// or https://" + (isWord ? ", found '\(url)'" : "")
        }
        guard url.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F && $0 != "?" && $0 != "#" }) else {
            return "a router's URL has no query, no fragment and no spaces; it looks like http://HOST:PORT"
        }
        let authority = url.split(separator: "/", omittingEmptySubsequences: false)[2]
        let parts = authority.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count <= 2, let place = parts.last else { return escaping("there is more than one @") }
        let host = place.lastIndex(of: "]").map { place[...$0] } ?? place.prefix { $0 != ":" }
        let port = place[host.endIndex...]
        if host.isEmpty { return "the host is missing; it looks like http://HOST:PORT" }
        if !port.isEmpty, UInt16(port.dropFirst()).map({ $0 > 0 }) != true || port.first != ":" {
            return escaping("the port isn't a number from 1 to 65535")
        }
        return nil
    }

    private static func escaping(_ problem: String) -> String {
        problem + "; special characters of a user and a password are written as %XX"
    }
}
