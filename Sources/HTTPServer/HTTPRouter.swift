/// Finds the handler for a method and a path.
///
/// A pattern is a path whose segments stand for themselves, as they are and not escaped, or, as `{name}`, for any one segment; literal segments win over names.
/// An unknown path is answered with 404, a known path with another method with 405 and `Allow`.
package struct HTTPRouter: Sendable {
    package typealias Handler = HTTPServer.Handler

    private enum Segment: Sendable, Equatable {
        case literal(String)
        case parameter(String)
    }

    private struct Route: Sendable {
        var segments: [Segment]
        var handlers: [String: Handler]
    }

    private var routes: [Route] = []
    /// Answers a path that no pattern fits.
    package var notFound: Handler = { .text("not found: \($0.method) \($0.path)\n", status: 404) }
    /// Answers a method that a known path doesn't have; `Allow` is added by the router.
    package var methodNotAllowed: Handler = { .text("\($0.method) is not allowed on \($0.path)\n", status: 405) }

    package init() {}

    /// Adds a route; patterns that were added first win among equals.
    package mutating func on(_ method: String, _ pattern: String, _ handler: @escaping Handler) {
        let segments = pattern.split(separator: "/").map { part in
            part.hasPrefix("{") && part.hasSuffix("}")
                ? Segment.parameter(String(part.dropFirst().dropLast())) : .literal(String(part))
        }
        if let known = routes.firstIndex(where: { $0.segments == segments }) {
            routes[known].handlers[method] = handler
        } else {
            routes.append(Route(segments: segments, handlers: [method: handler]))
            // Stable: more literal segments first.
            routes = routes.enumerated().sorted { left, right in
                let (leftWeight, rightWeight) = (HTTPRouter.literals(left.element), HTTPRouter.literals(right.element))
                return leftWeight == rightWeight ? left.offset < right.offset : leftWeight > rightWeight
            }.map(\.element)
        }
    }

    /// Answers a request; to be given to `HTTPServer` as its handler.
    package func handle(_ request: HTTPRequest) async throws -> HTTPResponse {
        // Whoever guards paths in front of the server must not read another one than it does.
        if request.rawPath.contains("//") { return try await notFound(request) }
        var allowed: Set<String> = []
        let raw = request.rawPath.split(separator: "/")
        for route in routes {
            guard let parameters = HTTPRouter.match(route.segments, raw, request.segments) else { continue }
            if let handler = route.handlers[request.method] ?? (request.method == "HEAD" ? route.handlers["GET"] : nil)
            {
                var request = request
                request.parameters = parameters
                return try await handler(request)
            }
            allowed.formUnion(route.handlers.keys)
        }
        if allowed.isEmpty { return try await notFound(request) }
        if allowed.contains("GET") { allowed.insert("HEAD") }
        var response = try await methodNotAllowed(request)
        response.headers.set("Allow", allowed.sorted().joined(separator: ", "))
        return response
    }

    private static func literals(_ route: Route) -> Int {
        route.segments.count { if case .literal = $0 { true } else { false } }
    }

    /// The path as it is written, and with its segments' escapes resolved.
    private static func match(_ pattern: [Segment], _ raw: [Substring], _ path: [String]) -> [String: String]? {
        guard pattern.count == path.count else { return nil }
        var parameters: [String: String] = [:]
        for (segment, (written, text)) in zip(pattern, zip(raw, path)) {
            switch segment {
            // Byte for byte: to `==` the Kelvin sign is a K.
            case .literal(let literal): if !literal.utf8.elementsEqual(written.utf8) { return nil }
            case .parameter(let name): parameters[name] = text
            }
        }
        return parameters
    }
}
