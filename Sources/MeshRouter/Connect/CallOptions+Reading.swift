import HTTPServer
import MeshCore

extension CallOptions {
    /// The most bytes of an `Idempotency-Key`.
    package static let maximumIdempotencyKeyBytes = 256

    /// Checks the headers of a unary Connect call with JSON and reads what they ask for.
    ///
    /// `header` looks a field up by its name, in any case.
    package static func read(
        httpMethod: String, header: (String) -> String?
    ) throws(ConnectError) -> CallOptions {
        guard httpMethod == "POST" else { throw wrongHTTPMethod(httpMethod) }
        try checkContent(header)
        if let version = header("Connect-Protocol-Version"), version != "1" {
            throw invalid(
                "Connect-Protocol-Version is '\(version.shortened)': only version 1 is spoken here; send 1, or leave it out"
            )
        }
        var options = CallOptions()
        options.traceparent = header("traceparent").flatMap { TraceParent($0) == nil ? nil : $0 }
        options.timeout = try header("Connect-Timeout-Ms").map(timeout)
        options.idempotencyKey = try header("Idempotency-Key").map(idempotencyKey)
        options.key = try header("Mesh-Key").map { value throws(ConnectError) in
            try key(value, of: "Mesh-Key", limit: MessageKey.maximumBytes)
        }
        options.respondsAsync = header("Prefer").map(prefersAsync) ?? false
        options.start = try start(header, respondsAsync: options.respondsAsync)
        options.bearerToken = header("Authorization").flatMap(bearerToken)
        return options
    }

    /// The same for a request's header fields: of those that decide what is done there may be one each.
    static func read(httpMethod: String, headers: HTTPHeaders) throws(ConnectError) -> CallOptions {
        if let (name, count) = headers.repetition(of: single.contains) {
            throw invalid("the header \(name) is given \(count) times")
        }
        return try read(httpMethod: httpMethod) { $0 == "Prefer" ? headers.list($0) : headers[$0] }
    }

    /// Of two of these, whoever guards calls in front of the router might look at the other one.
    private static let single: Set = [
        "authorization", "connect-protocol-version", "connect-timeout-ms", "content-encoding", "content-type",
        "idempotency-key", "mesh-delay-ms", "mesh-due", "mesh-key", "mesh-method-role",
    ]

    /// The token of an `Authorization` header of the scheme `Bearer`.
    package static func bearerToken(_ header: String) -> String? {
        let parts = header.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1].trimmed)
    }

    private static func checkContent(_ header: (String) -> String?) throws(ConnectError) {
        let contentType = header("Content-Type")
        guard let contentType, MediaType(contentType).isJSON else {
            throw ConnectError(
                MeshError(
                    .invalidRequest,
                    contentType.map { "content type '\($0.shortened)' isn't spoken here; send application/json" }
                        ?? "the header Content-Type is missing; send application/json"),
                status: 415, headers: [HeaderField("Accept-Post", "application/json")])
        }
        _ = try RequestBody.encoding(header("Content-Encoding"))
    }

    private static func wrongHTTPMethod(_ httpMethod: String) -> ConnectError {
        ConnectError(
            MeshError(.invalidRequest, "a call is a POST, not a \(httpMethod.shortened): handlers may change state"),
            code: .unimplemented, status: 405, headers: [HeaderField("Allow", "POST")])
    }

    /// Digits only, at most ten, as the protocol has it.
    private static func timeout(_ text: String) throws(ConnectError) -> Duration {
        guard (1...10).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let milliseconds = Int64(text)
        else {
            throw invalid(
                "Connect-Timeout-Ms is '\(text.shortened)': it is a number of milliseconds of at most ten digits")
        }
        return .milliseconds(milliseconds)
    }

    /// Digits or an RFC 3339 time, and only where nobody waits for the answer.
    private static func start(_ header: (String) -> String?, respondsAsync: Bool) throws(ConnectError) -> CallStart? {
        let (delay, due) = (header("Mesh-Delay-Ms"), header("Mesh-Due"))
        guard delay != nil || due != nil else { return nil }
        guard delay == nil || due == nil else { throw invalid("Mesh-Delay-Ms and Mesh-Due are both given; send one") }
        guard respondsAsync else {
            throw invalid(
                "a call that is sent later has no answer now: send Prefer: respond-async with \(delay == nil ? "Mesh-Due" : "Mesh-Delay-Ms")"
            )
        }
        if let delay {
            guard delay.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let milliseconds = Int64(delay),
                milliseconds <= Timestamp.longestDelay / 1000
            else {
                throw invalid(
                    "Mesh-Delay-Ms is '\(delay.shortened)': it is a number of milliseconds, of at most 100 years")
            }
            return .after(.milliseconds(milliseconds))
        }
        guard let text = due, let time = Timestamp(iso8601: text),
            time.microseconds - Timestamp.now.microseconds <= Timestamp.longestDelay
        else {
            throw invalid(
                "Mesh-Due is '\(due?.shortened ?? "")': it is a time within 100 years, such as 2030-01-31T08:00:00Z")
        }
        return .at(time)
    }

    /// Both the bare form and the quoted one (a structured field string) are in use.
    private static func idempotencyKey(_ text: String) throws(ConnectError) -> String {
        let isQuoted = text.utf8.count >= 2 && text.hasPrefix("\"") && text.hasSuffix("\"")
        return try key(
            isQuoted ? String(text.dropFirst().dropLast()) : text, of: "Idempotency-Key",
            limit: maximumIdempotencyKeyBytes)
    }

    private static func key(_ text: String, of name: String, limit: Int) throws(ConnectError) -> String {
        guard (1...limit).contains(text.utf8.count) else {
            throw invalid("\(name) has \(text.utf8.count) bytes: it has 1 to \(limit)")
        }
        guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F && $0.value != 0xFFFD }) else {
            throw invalid("\(name) has a control character or isn't UTF-8")
        }
        return text
    }

    private static func prefersAsync(_ header: String) -> Bool {
        header.split(separator: ",").contains { preference in
            // A preference may be nothing but its `;`.
            preference.split(separator: ";").first?.trimmed.lowercased() == "respond-async"
        }
    }

    private static func invalid(_ message: String) -> ConnectError { ConnectError(MeshError(.invalidRequest, message)) }
}
