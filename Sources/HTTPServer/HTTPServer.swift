import Glibc
import MeshCore

/// An HTTP/1.1 server over libmicrohttpd; a request that waits for its answer holds no thread.
///
/// libmicrohttpd reads requests on threads of its own. A complete request suspends its connection and becomes a task; the answer resumes it.
package final class HTTPServer: Sendable {
    /// Where to listen and what to allow.
    package struct Configuration: Sendable {
        package var host = "127.0.0.1"
        /// 0 takes a free port; `HTTPServer.port` tells which.
        package var port: UInt16 = 0
        package var maxBodyBytes = 4 << 20
        /// The bodies of all requests that are being read or answered; beyond it, requests are refused with 503.
        package var maxBufferedBytes = 256 << 20
        /// Request line and header fields together.
        package var maxHeaderBytes = 16 << 10
        package var connectionLimit = 10_000
        /// How long a connection may take for the headers of its next request, however it trickles.
        package var idleTimeout: Duration = .seconds(60)
        /// How long a request's body may take.
        package var bodyTimeout: Duration = .seconds(30)
        /// Threads that read and write; handlers run on the cooperative pool.
        ///
        /// Resuming a connection costs libmicrohttpd a walk over the suspended ones of its thread, so with thousands waiting more threads answer faster.
        package var threads = 2
        /// The largest body by path, still percent-encoded, where paths differ; otherwise `maxBodyBytes`.
        package var bodyLimits: (@Sendable (_ rawPath: String) -> Int)?
        /// Asked before a body is read: what it returns tells whether that shall be done, and may take its time. Nil reads the body at once.
        package var admission: @Sendable (HTTPRequestHead) -> Admission? = { _ in nil }
        /// The answers that the server gives by itself: 400, 413, 431 and 503, with what is wrong; by the path, still percent-encoded, as different
        /// surfaces have errors of different forms.
        package var refusal: @Sendable (_ rawPath: String, _ status: Int, _ message: String) -> HTTPResponse = {
            .text($2 + "\n", status: $1)
        }

        package init() {}

        func bodyLimit(_ rawPath: String) -> Int { bodyLimits?(rawPath) ?? maxBodyBytes }
    }

    /// Answers a request; an error goes to the error hook. Its task is cancelled when the client goes away or closes its half of the connection.
    package typealias Handler = @Sendable (HTTPRequest) async throws -> HTTPResponse
    /// Makes the answer for an error that a handler threw.
    package typealias ErrorHook = @Sendable (HTTPRequest, any Error) -> HTTPResponse

    /// Refuses a request, or lets its body be read by returning nil.
    package typealias Admission = @Sendable () async -> HTTPResponse?

    static let log = Log("http")

    /// The port that the server listens on.
    package let port: UInt16
    private let exchanges: HTTPExchanges
    private let daemons: HTTPDaemons

    /// Listens and starts to answer.
    package init(
        _ configuration: Configuration, onError: @escaping ErrorHook = HTTPServer.internalError,
        handler: @escaping Handler
    ) throws(HTTPServerError) {
        let listener = try HTTPListener(host: configuration.host, port: configuration.port)
        port = listener.port
        let watch = try HTTPConnectionWatch(idleTimeout: configuration.idleTimeout)
        exchanges = HTTPExchanges(configuration, watch: watch, onError: onError, handler: handler)
        do throws(HTTPServerError) {
            daemons = try HTTPDaemons(configuration, listener: listener, exchanges: exchanges)
        } catch {
            watch.close()
            throw error
        }
    }

    deinit {
        let (exchanges, daemons) = (exchanges, daemons)
        Task { await HTTPServer.stop(exchanges, daemons, drainWithin: .zero) }
    }

    /// Refuses new connections, lets the requests in flight finish within `limit`, cancels the rest and answers them with 503, and closes.
    package func stop(drainWithin limit: Duration) async {
        await HTTPServer.stop(exchanges, daemons, drainWithin: limit)
    }

    private static func stop(_ exchanges: HTTPExchanges, _ daemons: HTTPDaemons, drainWithin limit: Duration) async {
        daemons.refuseConnections()
        exchanges.startDraining()
        await exchanges.waitUntilIdle(within: limit)
        exchanges.abandonAll()
        await exchanges.waitUntilIdle(within: .seconds(1))
        await daemons.stop()
        exchanges.watch.close()
    }

    /// How many requests are being read, worked on or answered.
    package var activeRequests: Int { exchanges.count }

    /// 500 and a line in the log.
    package static let internalError: ErrorHook = { request, error in
        log.error("\(request.method) \(request.path) failed: \(error)")
        return .text("internal error\n", status: 500)
    }

    /// Raises this process's limit of open files to what the system allows, and returns it; each connection needs one.
    @discardableResult
    package static func raiseFileLimit() -> Int {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Int(clamping: limit.rlim_cur)
    }
}
