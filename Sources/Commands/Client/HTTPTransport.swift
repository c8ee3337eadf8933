/// One HTTP request as a command makes it.
package struct ClientRequest: Sendable, Equatable {
    package var method: String
    package var url: String
    package var headers: [String: String]
    package var body: [UInt8]
    package var timeout: Duration
}

/// What came back.
package struct ClientResponse: Sendable, Equatable {
    package var status: Int
    package var headers: [String: String]
    package var body: [UInt8]

    package init(status: Int, headers: [String: String] = [:], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// How requests reach the router; tests put their own in its place.
package protocol HTTPTransport: Sendable {
    /// Sends one request; throws a `TransportFailure` where no answer came.
    func send(_ request: ClientRequest) async throws -> ClientResponse
}

/// Why no answer came.
package enum TransportFailure: Error, Sendable, Equatable {
    /// Nobody took the request.
    case unreachable(String)
    /// The connection ended before the answer was there: the request may have been carried out.
    case broken(String)
    case timedOut
}
