/// A request to the outside, which a workflow makes with `try mesh.fetch(…)`.
///
///     let answer = try mesh.fetch(
///         .post("https://api.example.com/v1/charges", json: charge,
///               headers: ["Authorization": "Bearer \(HTTPRequest.secret("payments-key"))"]),
///         retries: 5)
///
/// An administrator grants a service where it may call and which secrets it may send there; docs/swift-sdk.md says how.
public struct HTTPRequest: Sendable, Hashable {
    public var method: Method
    /// Absolute, `https` or `http`.
    public var url: String
    public var headers: [HTTPHeader]
    public var body: [UInt8]?
    /// How long one attempt may take; nil: 30 seconds. At most ten minutes.
    public var timeout: Duration?

    public init(
        _ method: Method, _ url: String, headers: [String: String] = [:], body: [UInt8]? = nil, timeout: Duration? = nil
    ) {
        self.method = method
        self.url = url
        // A dictionary has no order, and a workflow asks for the same each time.
        self.headers = headers.map { HTTPHeader($0.key, $0.value) }.sorted { $0.name < $1.name }
        self.body = body
        self.timeout = timeout
    }

    public enum Method: String, Sendable, Hashable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
        case options = "OPTIONS"

        /// Whether a server takes it as often as it likes (RFC 9110 §9.2.2): it is tried again without being told to.
        public var isIdempotent: Bool { self != .post && self != .patch }
    }

    /// What stands for a secret in a header's value; the secret itself never comes into a workflow.
    public static func secret(_ name: String) -> String { "{{secret:" + name + "}}" }
}

/// A header of a request or of an answer.
public struct HTTPHeader: Sendable, Hashable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

// MARK: - Short forms
extension HTTPRequest {
    public static func get(_ url: String, headers: [String: String] = [:], timeout: Duration? = nil) -> HTTPRequest {
        HTTPRequest(.get, url, headers: headers, timeout: timeout)
    }

    /// With a body of JSON.
    public static func post(
        _ url: String, json: some JSONCodable, headers: [String: String] = [:], timeout: Duration? = nil
    ) -> HTTPRequest {
        HTTPRequest(.post, url, headers: headers, timeout: timeout).with(json: json)
    }

    public static func put(
        _ url: String, json: some JSONCodable, headers: [String: String] = [:], timeout: Duration? = nil
    ) -> HTTPRequest {
        HTTPRequest(.put, url, headers: headers, timeout: timeout).with(json: json)
    }

    public static func patch(
        _ url: String, json: some JSONCodable, headers: [String: String] = [:], timeout: Duration? = nil
    ) -> HTTPRequest {
        HTTPRequest(.patch, url, headers: headers, timeout: timeout).with(json: json)
    }

    public static func delete(_ url: String, headers: [String: String] = [:], timeout: Duration? = nil) -> HTTPRequest {
        HTTPRequest(.delete, url, headers: headers, timeout: timeout)
    }

    /// The same with a body of JSON.
    public func with(json: some JSONCodable) -> HTTPRequest { with(body: json.jsonBytes, type: "application/json") }

    /// The same with a body; its type is what the headers say, else `type`.
    public func with(body: [UInt8], type: String) -> HTTPRequest {
        var request = self
        request.body = body
        if !headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            request.headers.append(HTTPHeader("Content-Type", type))
        }
        return request
    }
}
