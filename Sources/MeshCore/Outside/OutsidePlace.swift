/// A part of the world outside that a grant is for: an origin with a beginning of its paths, `https://api.example.com/v1/`.
package struct OutsidePlace: Sendable, Hashable, CustomStringConvertible {
    /// Nil: everything (`*`).
    private let place: OutsideURL?
    /// True for `https://*.example.com/`: every host below that name, but not the name itself.
    private let isAnyBelow: Bool
    package let description: String

    /// Reads `*`, an origin, or an origin with a path; nothing in it may be escaped.
    package init(_ text: String) throws(OutsideURL.Problem) {
        if text == "*" {
            (place, isAnyBelow, description) = (nil, false, text)
            return
        }
        var plain = text
        let star = text.firstRange(of: "://*.")
        if let star { plain.replaceSubrange(star, with: "://") }
        guard !plain.contains("*") else {
            throw OutsideURL.Problem("a star stands for the first names of a host alone: https://*.example.com/")
        }
        guard !plain.contains("?"), !plain.contains("#"), !plain.contains("%") else {
            throw OutsideURL.Problem("it is an origin and a beginning of its paths, without ?, # or escapes")
        }
        let url = try OutsideURL(plain)
        if star != nil, url.host.first == "[" || !url.host.contains(".") {
            throw OutsideURL.Problem("a star stands before a name of at least two parts")
        }
        (place, isAnyBelow, description) = (url, star != nil, text)
    }

    /// Whether a URL lies in it: the same scheme and port, the host, and a path that begins with its steps.
    package func contains(_ url: OutsideURL) -> Bool {
        guard let place else { return true }
        guard url.scheme == place.scheme, url.port == place.port else { return false }
        let isHost = isAnyBelow ? url.host.hasSuffix("." + place.host) : url.host == place.host
        guard isHost, url.path.utf8.starts(with: place.path.utf8) else { return false }
        // `/v1` is for `/v1` and `/v1/charges`, not for `/v10`.
        return place.path.hasSuffix("/") || url.path.utf8.count == place.path.utf8.count
            || url.path.utf8.dropFirst(place.path.utf8.count).first == UInt8(ascii: "/")
    }
}
