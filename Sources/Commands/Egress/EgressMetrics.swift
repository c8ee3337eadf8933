import Egress
import Telemetry

/// What `/metrics` of an egress process tells.
enum EgressMetrics {
    static func text(_ statistics: EgressStatistics) -> String {
        var metrics = PrometheusText()
        let calls = "wasmesh_egress_calls_total"
        metrics.family(calls, "counter", "Attempts of calls to the outside, by what came of them.")
        for (outcome, count) in statistics.outcomes.sorted(by: { $0.key < $1.key }) {
            metrics.sample(calls, [("outcome", outcome)], "\(count)")
        }
        let duration = "wasmesh_egress_call_duration_seconds"
        metrics.family(duration, "histogram", "How long attempts took.")
        metrics.histogram(
            duration, [], bounds: EgressStatistics.bounds, counts: statistics.durations, sum: statistics.durationSum)
        metrics.single(
            "wasmesh_egress_lost_calls_total", "counter", "Calls that were under way when another process went.",
            "\(statistics.lost)")
        return metrics.text
    }
}
