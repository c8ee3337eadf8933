import HTTPServer
import MeshCore
import Outbox
import WasmWorker

/// `/metrics` and `/healthz` of a worker.
enum WorkerMetricsServer {
    /// Listens on `port`; nil where it is 0.
    static func start(_ worker: MeshWorker, gauges: WorkflowGauges, port: Int) throws -> HTTPServer? {
        try MetricsServer.start(port: port) { text(worker.statistics) + gauges.text }
    }

    static func text(_ statistics: WorkerStatistics) -> String {
        let counters = [
            ("executions", "Messages that ran.", statistics.executions),
            ("failures", "Executions that failed.", statistics.failures),
            ("commits", "Transactions.", statistics.transactions),
            (
                "batches", "Batches of partitions that were committed; several may share a transaction.",
                statistics.batches
            ),
            ("messages", "Messages put into the outbox.", statistics.messages),
            ("parked", "Executions put off for another attempt.", statistics.parked),
            ("dead_letters", "Executions given up.", statistics.deadLetters),
            ("state_conflicts", "Commits made again because a state had changed meanwhile.", statistics.conflicts),
            ("reclaims", "Partitions lost and claimed anew.", statistics.reclaims),
            ("workflows_started", "Workflows that were started.", statistics.workflowsStarted),
            ("workflow_activations", "Runs of workflows' code.", statistics.activations),
            ("workflow_replayed_entries", "Journal entries these were replayed over.", statistics.replayedEntries),
            ("timers", "Timers that came: sleeps, deadlines, retries, schedules.", statistics.timers),
            ("timers_late", "Timers that came more than a second after their time.", statistics.timersLate),
        ]
        var text = ""
        for (name, help, value) in counters {
            let metric = "wasmesh_worker_\(name)_total"
            text += "# HELP \(metric) \(help)\n# TYPE \(metric) counter\n\(metric) \(value)\n"
        }
        text += workflows(statistics)
        text += HandlerMetricsText.text(statistics.handlers)
        text += "# HELP wasmesh_worker_partitions Partitions it owns.\n# TYPE wasmesh_worker_partitions gauge\n"
        return text + "wasmesh_worker_partitions \(statistics.partitions.count)\n"
    }

    private static func workflows(_ statistics: WorkerStatistics) -> String {
        let ended = "wasmesh_worker_workflows_ended_total"
        var text = "# HELP \(ended) Workflows that ended, by how.\n# TYPE \(ended) counter\n"
        for (status, count) in statistics.workflowsEnded {
            text += "\(ended){status=\"\(status.rawValue)\"} \(count)\n"
        }
        let delay = "wasmesh_worker_timer_delay_seconds_total"
        text += "# HELP \(delay) How much later than their times the timers came, added up.\n# TYPE \(delay) counter\n"
        return text + "\(delay) \(Double(statistics.timerMicroseconds) / 1e6)\n"
    }
}
