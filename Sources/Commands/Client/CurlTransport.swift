import HTTPServer

/// Requests by libcurl.
struct CurlTransport: HTTPTransport {
    private static let client = HTTPClient()

    func send(_ request: ClientRequest) async throws -> ClientResponse {
        var headers = HTTPHeaders()
        for (name, value) in request.headers { headers.add(name, value) }
        do throws(HTTPClientError) {
            let response = try await CurlTransport.client.request(
                request.method, request.url, headers: headers, body: request.method == "GET" ? nil : request.body,
                timeout: request.timeout)
            let fields = Dictionary(
                response.headers.fields.map { ($0.name.lowercased(), $0.value) },
                uniquingKeysWith: { first, _ in first })
            return ClientResponse(status: response.status, headers: fields, body: response.body)
        } catch {
            switch error.kind {
            case .unreachable: throw TransportFailure.unreachable(error.message)
            case .timedOut: throw TransportFailure.timedOut
            case .cancelled: throw CancellationError()
            case .failed, .tooLarge: throw TransportFailure.broken(error.message)
            }
        }
    }
}
