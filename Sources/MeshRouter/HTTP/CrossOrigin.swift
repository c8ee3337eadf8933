import HTTPServer

/// Which pages of other origins may call methods, publish events and poll, from a browser (the Fetch standard, "CORS protocol").
///
/// The control plane, metrics and the page for operators are nobody's but their own origin's. Cookies aren't allowed, as the mesh has none: a token
/// stands in `Authorization`, which a page has to be given.
package struct CrossOrigin: Sendable, Equatable {
    /// `https://app.example.com`, as browsers write an origin.
    private var origins: Set<String> = []
    /// `http://localhost:`: those with any port.
    private var hosts: [String] = []
    private var isAny = false

    /// Reads `https://app.example.com,http://localhost:*`, or `*`; what is no origin is left out (`problem`).
    package init(_ text: String) {
        for origin in CrossOrigin.parts(text) {
            if origin == "*" {
                isAny = true
            } else if origin.hasSuffix(":*") {
                hosts.append(String(origin.dropLast()))
            } else {
                origins.insert(origin)
            }
        }
    }

    /// What is wrong with such a list, if anything is.
    package static func problem(_ text: String) -> String? {
        for origin in parts(text) where origin != "*" {
            guard let scheme = ["https://", "http://"].first(where: origin.hasPrefix) else {
                return "expected origins such as https://app.example.com, or *, found '\(origin)'"
            }
            let host = origin.dropFirst(scheme.count)
            let isPlain = host.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
                default: ".-:[]*".utf8.contains(byte)
                }
            }
            let isPortOnly = !host.contains("*") || host.hasSuffix(":*") && host.count(where: { $0 == "*" }) == 1
            if host.isEmpty || host.hasPrefix(":") || !isPlain || !isPortOnly {
                return
                    "'\(origin)' is no origin, which is a scheme, a host in small letters and maybe a port, or :* for any; it has no path"
            }
        }
        return nil
    }

    private static func parts(_ text: String) -> [String] {
        text.split(separator: ",").map { part -> String in
            let start = part.drop { $0 == " " }
            return String(start.reversed().drop { $0 == " " }.reversed())
        }
    }

    func allows(_ origin: String) -> Bool {
        if isAny || origins.contains(origin) { return true }
        return hosts.contains { origin.hasPrefix($0) && origin.dropFirst($0.count).allSatisfy(\.isASCIIDigit) }
    }

    /// True for the paths that are for callers: methods, `/events`, and what polled calls came to.
    static func isForCallers(_ path: String) -> Bool {
        if path.hasPrefix("/api/v1/calls/") || path == "/events" { return true }
        // A method's service has its namespace's dot.
        return path.dropFirst().prefix { $0 != "/" }.contains(".")
    }

    /// The answer to a browser that asks whether a page may send a request; nil for any other request.
    func preflight(_ request: HTTPRequest) -> HTTPResponse? {
        guard request.method == "OPTIONS", request.headers["Access-Control-Request-Method"] != nil,
            CrossOrigin.isForCallers(request.path), let origin = request.headers["Origin"], allows(origin)
        else { return nil }
        var response = HTTPResponse(status: 204)
        response.headers.set("Access-Control-Allow-Methods", "GET, POST")
        response.headers.set("Access-Control-Allow-Headers", CrossOrigin.requestHeaders)
        response.headers.set("Access-Control-Max-Age", "7200")
        return opened(response, for: request)
    }

    /// The answer with what lets the page of an allowed origin read it.
    func opened(_ response: HTTPResponse, for request: HTTPRequest) -> HTTPResponse {
        guard CrossOrigin.isForCallers(request.path) else { return response }
        var response = response
        // Else a cache would hand one origin's answer to another.
        if !isAny { response.headers.add("Vary", "Origin") }
        guard let origin = request.headers["Origin"], allows(origin) else { return response }
        response.headers.set("Access-Control-Allow-Origin", isAny ? "*" : origin)
        response.headers.set("Access-Control-Expose-Headers", CrossOrigin.responseHeaders)
        return response
    }

    /// What callers may send (docs/wire.md).
    private static let requestHeaders = """
        Authorization, Content-Type, Content-Encoding, Connect-Protocol-Version, Connect-Timeout-Ms, Idempotency-Key, Mesh-Key, \
        Mesh-Delay-Ms, Mesh-Due, Mesh-Method-Role, Prefer, traceparent, ce-id, ce-source, ce-specversion, ce-subject, ce-time, \
        ce-type, ce-traceparent
        """
    /// What they may read beside the body.
    private static let responseHeaders = "Location, Mesh-Call-Id, Mesh-Workflow-Id, Preference-Applied, Retry-After"
}

extension Character {
    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}
