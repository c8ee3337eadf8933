package import HTTPServer
package import MeshCore

/// An answer of one of the router's endpoints.
package struct RouterResponse: Sendable, Equatable {
    package var status: Int
    package var headers: [HeaderField]
    package var body: [UInt8]
    /// The code that metrics count it under: `ok`, a Connect code, or a mesh code.
    package var metricCode: String

    package init(status: Int, headers: [HeaderField], body: [UInt8], metricCode: String = "ok") {
        self.status = status
        self.headers = headers
        self.body = body
        self.metricCode = metricCode
    }
}

extension RouterResponse {
    /// A JSON answer.
    package static func json(_ json: String, status: Int = 200, headers: [HeaderField] = []) -> RouterResponse {
        .json(Array(json.utf8), status: status, headers: headers)
    }

    /// A JSON answer.
    package static func json(_ json: [UInt8], status: Int = 200, headers: [HeaderField] = []) -> RouterResponse {
        RouterResponse(status: status, headers: [HeaderField("Content-Type", "application/json")] + headers, body: json)
    }

    /// Plain text.
    package static func text(_ text: String, status: Int = 200, type: String = "text/plain; charset=utf-8")
        -> RouterResponse
    {
        RouterResponse(status: status, headers: [HeaderField("Content-Type", type)], body: Array(text.utf8))
    }

    /// An error as a Connect client reads it.
    package static func failure(_ failure: ConnectError, headers: [HeaderField] = []) -> RouterResponse {
        var response = json(
            failure.json, status: failure.status, headers: failure.headers + headers + advice(failure.error))
        response.metricCode = failure.code.rawValue
        return response
    }

    /// An error as every other surface shows it: `{code, message, details, retryable, timestamp}`.
    package static func failure(_ error: MeshError, status: Int? = nil, headers: [HeaderField] = []) -> RouterResponse {
        var response = json(
            error.json + "\n", status: status ?? ConnectCode(error.code).httpStatus, headers: headers + advice(error))
        response.metricCode = error.code.rawValue
        return response
    }

    /// What HTTP has to say with some errors.
    private static func advice(_ error: MeshError) -> [HeaderField] {
        switch error.code {
        case .resourceExhausted, .providerUnavailable: error.retryable ? [HeaderField("Retry-After", "1")] : []
        case .unauthenticated: [HeaderField("WWW-Authenticate", "Bearer realm=\"wasmesh\"")]
        case .invalidRequest, .notFound, .instanceNotFound, .permissionDenied, .communicationFailure, .deadlineExceeded,
            .conflict, .failedPrecondition, .internalError:
            []
        }
    }
}

extension RouterResponse {
    /// The answer as the server sends it.
    package var http: HTTPResponse {
        var fields = HTTPHeaders()
        for field in headers { fields.add(field.name, field.value) }
        // What a service answers is strangers' text under the origin of the page for operators: no browser may take it for a script.
        fields.set("X-Content-Type-Options", "nosniff")
        return HTTPResponse(status: status, headers: fields, body: body)
    }
}
