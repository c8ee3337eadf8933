import HTTPServer
import MeshCore
import WasmWorker

/// `/metrics` and `/healthz` of a worker.
enum WorkerMetricsServer {
    /// Listens on `port`; nil where it is 0.
    static func start(_ worker: MeshWorker, port: Int) throws -> HTTPServer? {
        guard port > 0 else { return nil }
        var configuration = HTTPServer.Configuration()
        configuration.host = "0.0.0.0"
        configuration.port = UInt16(clamping: port)
        configuration.maxBodyBytes = 0
        configuration.connectionLimit = 32
        var router = HTTPRouter()
        router.on("GET", "/healthz") { _ in .text("ok\n") }
        router.on("GET", "/metrics") { _ in
            var response = HTTPResponse.text(text(worker.statistics))
            response.headers.set("Content-Type", "text/plain; version=0.0.4")
            return response
        }
        return try HTTPServer(configuration, handler: router.handle)
    }

    static func text(_ statistics: WorkerStatistics) -> String {
        let counters = [
            ("executions", "Messages that ran.", statistics.executions),
            ("failures", "Executions that failed.", statistics.failures),
            ("commits", "Transactions.", statistics.batches),
            ("messages", "Messages put into the outbox.", statistics.messages),
            ("parked", "Executions put off for another attempt.", statistics.parked),
            ("dead_letters", "Executions given up.", statistics.deadLetters),
            ("state_conflicts", "Executions run again because their state had changed.", statistics.conflicts),
            ("reclaims", "Partitions lost and claimed anew.", statistics.reclaims),
        ]
        var text = ""
        for (name, help, value) in counters {
            let metric = "wasmesh_worker_\(name)_total"
            text += "# HELP \(metric) \(help)\n# TYPE \(metric) counter\n\(metric) \(value)\n"
        }
        text += "# HELP wasmesh_worker_partitions Partitions it owns.\n# TYPE wasmesh_worker_partitions gauge\n"
        return text + "wasmesh_worker_partitions \(statistics.partitions.count)\n"
    }
}
