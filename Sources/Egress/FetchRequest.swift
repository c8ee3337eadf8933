import HTTPServer
import MeshCore
import Outbox
import Schemas

/// A request to the outside as a workflow asked for it; secrets stand in it by their names.
struct FetchRequest: Sendable, Equatable {
    var method: String
    var url: String
    var headers = HTTPHeaders()
    var body: [UInt8]?
    /// For the one attempt.
    var timeout: Duration

    /// Those that follow from the request itself, or are about the connection (RFC 9110 §7.6.1).
    private static let refusedHeaders: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "expect", "upgrade", "te", "trailer",
        "proxy-connection", "proxy-authorization",
    ]
    private static let longest = Duration.seconds(600)

    /// Reads the arguments of `mesh.Http/fetch`, which have passed its shape.
    init(_ arguments: String) throws(MeshError) {
        let node: JSONNode
        do { node = try JSONReader.read(arguments) } catch {
            throw MeshError(.invalidRequest, "the request isn't JSON: \(error)")
        }
        guard let request = node["request"] else { throw MeshError(.invalidRequest, "there is no request") }
        method = request.text("method")
        url = request.text("url")
        timeout = .seconds(30)
        for header in request["headers"]?.elements ?? [] {
            let (name, value) = (header.text("name"), header.text("value"))
            try FetchRequest.check(name, value)
            headers.add(name, value)
        }
        if let text = request["body"]?.text { body = Array(text.utf8) }
        if let text = request["bytes"]?.text {
            guard body == nil else {
                throw MeshError(.invalidRequest, "a request has a body or bytes, and this one both")
            }
            body = Base64.decode(text)
        }
        if let text = request["timeout"]?.text {
            guard let wished = OutsideService.duration(text), wished > .zero else {
                throw MeshError(
                    .invalidRequest, "the timeout of a request is more than nothing, and this one is \(text)")
            }
            timeout = min(wished, FetchRequest.longest)
        }
    }

    private static func check(_ name: String, _ value: String) throws(MeshError) {
        let field = HTTPHeaders.Field(name: name, value: value)
        // A line break in a value would be another header.
        guard field.hasValidName, field.hasValidValue else {
            throw MeshError(
                .invalidRequest,
                "the header '\(LogText.line(String(name.prefix(100))))' isn't one: line breaks and control characters don't belong in it"
            )
        }
        guard !refusedHeaders.contains(name.lowercased()) else {
            throw MeshError(
                .invalidRequest, "the header '\(name)' can't be set: it follows from the request and its connection")
        }
    }
}
