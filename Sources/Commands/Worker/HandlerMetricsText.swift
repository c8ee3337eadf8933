import Telemetry
import WasmWorker

/// What a worker's methods have done, in Prometheus' text format.
enum HandlerMetricsText {
    static let handled = "wasmesh_worker_handled_messages_total"
    static let duration = "wasmesh_worker_handler_duration_seconds"

    private static let bounds = RunTimes.bounds.map { Double($0) / 1e9 }

    static func text(_ handlers: [HandlerStatistics]) -> String {
        var text = PrometheusText()
        text.family(handled, "counter", "Messages that were handled and committed, by what came of them.")
        for handler in handlers {
            // Those that are 0 too: a rate must see the first failure.
            for outcome in HandledOutcome.allCases {
                text.sample(
                    handled, labels(of: handler) + [("outcome", outcome.rawValue)], "\(handler.counts[outcome])")
            }
        }
        text.family(duration, "histogram", "Seconds that the code of a method ran for a message, or a batch of them.")
        for handler in handlers {
            let times = handler.counts.times
            text.histogram(
                duration, labels(of: handler), bounds: bounds, counts: times.counts.map(UInt64.init),
                sum: Double(times.nanoseconds) / 1e9)
        }
        return text.text
    }

    private static func labels(of handler: HandlerStatistics) -> [(String, String)] {
        [("service", handler.service), ("method", handler.method)]
    }
}
