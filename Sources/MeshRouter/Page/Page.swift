import HTTPServer
import MeshCore

/// The page for operators: fixed files that hold no secret, so they need no token; the API that they speak to does.
enum Page {
    /// What browsers are told about each file: no script but the page's own, no text that becomes markup, no frame around it, and
    /// nothing that is sent elsewhere.
    static let headers = [
        HeaderField("Content-Security-Policy", policy.joined(separator: "; ")),
        HeaderField("Referrer-Policy", "no-referrer"),
        HeaderField("Cross-Origin-Resource-Policy", "same-origin"),
        // A router of another version may answer next: each file is asked for again, and mostly answered with 304.
        HeaderField("Cache-Control", "no-cache"),
    ]
    private static let policy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self' data:",
        "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]

    /// Adds the page to a router; `finish` sees each answer, for metrics.
    static func add(
        to router: inout HTTPRouter, finish: @escaping @Sendable (RouterResponse, String, Duration) -> HTTPResponse
    ) {
        for file in PageFile.all {
            router.on("GET", "/ui/" + file.path) { request in
                let start = ContinuousClock.now
                return finish(answer(request, file), "ui", start.duration(to: .now))
            }
        }
    }

    private static func answer(_ request: HTTPRequest, _ file: PageFile) -> RouterResponse {
        // Addresses in the page are relative to /ui/, so that a proxy may serve the router under a prefix.
        if file.path.isEmpty, request.rawPath.last != "/" { return redirect(to: "ui/") }
        let headers = headers + [HeaderField("ETag", file.entityTag)]
        if isKnown(file, to: request.headers) { return RouterResponse(status: 304, headers: headers, body: []) }
        return RouterResponse(
            status: 200, headers: [HeaderField("Content-Type", file.type)] + headers, body: file.content)
    }

    /// Whether the client has it already (RFC 9110 §13.1.2).
    private static func isKnown(_ file: PageFile, to headers: HTTPHeaders) -> Bool {
        guard let tags = headers.list("If-None-Match") else { return false }
        return tags.split(separator: ",").contains { tag in
            let tag = tag.drop { $0 == " " || $0 == "\t" }
            return tag == "*" || tag == file.entityTag || tag == "W/" + file.entityTag
        }
    }

    /// Where a browser that asks for the router itself is sent; nil for everybody else.
    static func redirect(_ request: HTTPRequest) -> RouterResponse? {
        guard request.method == "GET" || request.method == "HEAD", request.rawPath == "/",
            request.headers.list("Accept")?.contains("text/html") == true
        else { return nil }
        return redirect(to: "ui/")
    }

    private static func redirect(to place: String) -> RouterResponse {
        RouterResponse(status: 302, headers: headers + [HeaderField("Location", place)], body: [])
    }

    /// True for the paths of the page. No service is called so: its name has its namespace's dot.
    static func isPage(_ path: String) -> Bool { path == "/ui" || path.hasPrefix("/ui/") }

    /// The answer to a path below `/ui` that isn't a file of the page.
    static func nothing(at path: String, isServed: Bool) -> RouterResponse {
        var response = RouterResponse.failure(
            MeshError(
                .notFound,
                isServed
                    ? "the page has no file '\(path.shortened)'; it begins at /ui/"
                    : "this router doesn't serve the page for operators (--no-ui)"))
        response.headers += headers
        return response
    }
}
