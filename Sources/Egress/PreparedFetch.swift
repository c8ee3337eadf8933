import HTTPServer
import MeshCore
import Outbox

/// A request as it goes out: permitted, its secrets filled in.
struct PreparedFetch: Sendable, Equatable {
    var method: String
    var url: String
    /// Where it goes.
    var place: OutsideURL
    var headers: HTTPHeaders
    var body: [UInt8]?
    var timeout: Duration

    /// Methods that a server takes as often as it likes (RFC 9110 §9.2.2).
    private static let idempotentMethods: Set<String> = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]

    /// Checks a call against what its service may do, and fills in its secrets; the error never holds one.
    init(
        _ request: FetchRequest, for call: HTTPCall, permissions: Permissions, secrets: SecretFolder
    ) throws(MeshError) {
        let place: OutsideURL
        do throws(OutsideURL.Problem) { place = try OutsideURL(request.url) } catch {
            throw MeshError(.invalidRequest, "\(ShownURL.of(request.url)) can't be called: \(error)")
        }
        // Who makes the request must read it as the grant does: `127.1` is another host to a grant, and none to a socket.
        guard let read = CurlURL(request.url), PreparedFetch.isSame(place, read) else {
            throw MeshError(
                .invalidRequest,
                "\(ShownURL.of(request.url)) can't be called: it may be read in two ways; write it plainly")
        }
        try permissions.check(place)
        self.place = place
        method = request.method
        // A fragment isn't sent (RFC 9110 §7.1).
        url = String(request.url.prefix { $0 != "#" })
        // Some servers want to be told that there is none.
        body = request.body ?? (["POST", "PUT", "PATCH"].contains(request.method) ? [] : nil)
        timeout = request.timeout
        headers = HTTPHeaders()
        for field in request.headers.fields {
            let value = try SecretName.fill(field.value) { name throws(MeshError) in
                try permissions.check(secret: name, to: place)
                return try secrets.secret(name)
            }
            guard HTTPHeaders.Field(name: field.name, value: value).hasValidValue else {
                throw MeshError(
                    .failedPrecondition, "a secret in the header '\(field.name)' has line breaks or control characters")
            }
            headers.add(field.name, value)
        }
        if request.headers["User-Agent"] == nil { headers.add("User-Agent", "wasmesh") }
        if !PreparedFetch.idempotentMethods.contains(method), request.headers["Idempotency-Key"] == nil {
            headers.add("Idempotency-Key", call.idempotencyKey)
        }
    }
}

extension PreparedFetch {
    /// Whether both are of one place.
    static func isSame(_ url: OutsideURL, _ read: CurlURL) -> Bool {
        url.scheme == read.scheme && url.host == read.host && url.port == read.port && url.path == read.path
    }
}

extension HTTPCall {
    /// The same for all attempts of one call, also after a reset, and no other's: the operation's number and the key that was made for it and is recorded.
    var idempotencyKey: String {
        let parts = operation.split(separator: ".", omittingEmptySubsequences: false)
        let number = parts.count > 1 ? parts[1] : ""
        let text = "\(workflow.service)/\(number)/\(key.utf8.count)/\(key)/\(workflow.key)"
        return String(SHA256.hexadecimal(SHA256.digest(Array(text.utf8))).prefix(32))
    }
}
