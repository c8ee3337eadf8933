import CCurl
import MeshCore

/// A small HTTP client over libcurl, for commands and tests; each request runs on a thread of its own.
package struct HTTPClient: Sendable {
    /// An answer to a request.
    package struct Response: Sendable {
        package var status: Int
        package var headers: HTTPHeaders
        package var body: [UInt8]
        /// Seconds until another try, where `Retry-After` says it, as a number or a date.
        package var retryAfter: Int64?
        /// The body as text; bytes that aren't UTF-8 are replaced.
        package var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// How long a request may take when it doesn't say itself.
    package var timeout: Duration
    /// The largest body of an answer that is taken.
    package var maxBodyBytes: Int

    package init(timeout: Duration = .seconds(30), maxBodyBytes: Int = 256 << 20) {
        self.timeout = timeout
        self.maxBodyBytes = maxBodyBytes
    }

    /// Sends a request and returns the answer, whatever its status; a failure to get one is thrown.
    package func request(
        _ method: String, _ url: String, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8]? = nil,
        timeout: Duration? = nil
    ) async throws(HTTPClientError) -> Response {
        let limit = timeout ?? self.timeout
        let stop = CurlTransfer.Stop()
        let outcome: Result<Response, HTTPClientError> = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let run: @Sendable () -> Void = {
                    let outcome = CurlTransfer.run(method, url, headers, body, limit, maxBodyBytes, stop)
                    continuation.resume(returning: outcome)
                }
                if !DedicatedThread.startIfPossible("http-client", run) {
                    continuation.resume(
                        returning: .failure(HTTPClientError(.failed, "no thread for a request to \(ShownURL.of(url))")))
                }
            }
        } onCancel: {
            stop.request()
        }
        return try outcome.get()
    }
}
