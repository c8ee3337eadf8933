/// An absolute `http` or `https` URL, taken apart as far as a grant looks at it (RFC 3986).
package struct OutsideURL: Sendable, Hashable {
    /// `http` or `https`.
    package let scheme: String
    /// In lower case; an IPv6 address keeps its brackets.
    package let host: String
    /// The scheme's own where none is given.
    package let port: Int
    /// Begins with a slash; as it was written, escapes included.
    package let path: String

    /// Reads a URL; what grants couldn't judge safely (a user in it, steps upwards in its path) is refused with the reason.
    package init(_ text: String) throws(Problem) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }) else {
            throw Problem("it has characters that a URL doesn't have; escape them")
        }
        guard let colon = text.firstRange(of: "://") else { throw Problem("it isn't absolute: https://host/path") }
        scheme = text[..<colon.lowerBound].lowercased()
        guard scheme == "https" || scheme == "http" else { throw Problem("its scheme is neither https nor http") }
        let rest = text[colon.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.contains("@") else { throw Problem("it has a user in it; credentials go into a header") }
        (host, port) = try OutsideURL.place(authority, isSecure: scheme == "https")
        let path = rest[authority.endIndex...].prefix { $0 != "?" && $0 != "#" }
        guard !OutsideURL.stepsUp(path) else {
            throw Problem("its path has a step of dots, such as /../ or /..;/, or an escaped control character")
        }
        self.path = path.isEmpty ? "/" : String(path)
    }

    /// `https://api.example.com`, with the port where it isn't the scheme's own.
    package var origin: String {
        "\(scheme)://\(host)" + (port == (scheme == "https" ? 443 : 80) ? "" : ":\(port)")
    }

    /// Why a URL can't be called.
    package struct Problem: Error, Sendable, CustomStringConvertible {
        package let description: String
        init(_ description: String) { self.description = description }
    }

    private static func place(_ authority: Substring, isSecure: Bool) throws(Problem) -> (host: String, port: Int) {
        var host = authority
        var port = isSecure ? 443 : 80
        let end = authority.lastIndex(of: "]").map { authority.index(after: $0) } ?? authority.startIndex
        if let colon = authority[end...].firstIndex(of: ":") {
            host = authority[..<colon]
            let digits = authority[authority.index(after: colon)...]
            guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(digits),
                (1...65535).contains(number)
            else { throw Problem("its port isn't a number from 1 to 65535") }
            port = number
        }
        let isAddress = host.first == "[" && host.last == "]" && host.count > 2
        let isName = host.utf8.allSatisfy { byte in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
        }
        guard !host.isEmpty, host.utf8.count <= 255, isAddress || isName else { throw Problem("it has no host") }
        return (host.lowercased(), port)
    }

    /// Whether a server might read a step to the folder above in the path, however it is escaped.
    private static func stepsUp(_ path: Substring) -> Bool {
        var decoded: [UInt8] = []
        var rest = Array(path.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == UInt8(ascii: "%"), digits.count == 2,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            {
                rest = rest.dropFirst(2)
                // An escape of an escape is read by servers that decode twice.
                if value == UInt8(ascii: "%") { rest = [value] + rest } else { decoded.append(value) }
            } else {
                decoded.append(byte)
            }
        }
        let steps = decoded.split(omittingEmptySubsequences: false) {
            $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\")
        }
        // Some servers take off what stands behind a semicolon before they look at the step.
        return decoded.contains { $0 < 0x20 || $0 == 0x7F }
            || steps.map { $0.prefix { $0 != UInt8(ascii: ";") } }.contains {
                $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8)
            }
    }
}

extension OutsideURL {
    /// Reads a URL that is to be an origin and nothing more, and writes it the one way; the error says what is wrong with it.
    package static func origin(_ text: String) throws(MeshError) -> String {
        let shown = String(text.prefix(200))
        do throws(Problem) {
            let url = try OutsideURL(text)
            guard url.path == "/", !text.contains("?"), !text.contains("#") else {
                throw Problem("it goes on behind the host; a limit holds for all of \(url.origin)")
            }
            return url.origin
        } catch {
            throw MeshError(.invalidRequest, "'\(shown)' is no origin such as https://api.example.com: \(error)")
        }
    }
}
