import HTTPServer

/// `/metrics` (Prometheus) and `/healthz` of a process that serves nothing else.
enum MetricsServer {
    /// Listens on all addresses; nil where `port` is 0.
    static func start(port: Int, text: @escaping @Sendable () -> String) throws -> HTTPServer? {
        guard port > 0 else { return nil }
        var configuration = HTTPServer.Configuration()
        configuration.host = "0.0.0.0"
        configuration.port = UInt16(clamping: port)
        configuration.maxBodyBytes = 0
        configuration.connectionLimit = 32
        var router = HTTPRouter()
        router.on("GET", "/healthz") { _ in .text("ok\n") }
        router.on("GET", "/metrics") { _ in
            var response = HTTPResponse.text(text())
            response.headers.set("Content-Type", "text/plain; version=0.0.4")
            return response
        }
        return try HTTPServer(configuration, handler: router.handle)
    }
}
