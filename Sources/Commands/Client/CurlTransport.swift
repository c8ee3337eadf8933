/// Requests by libcurl.
struct CurlTransport: HTTPTransport {
    func send(_ request: ClientRequest) async throws -> ClientResponse {
        throw TransportFailure.unreachable("this build has no HTTP client yet")
    }
}
