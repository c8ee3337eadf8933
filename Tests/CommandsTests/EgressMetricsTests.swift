import Testing

@testable import Commands
@testable import Egress

@Suite struct EgressMetricsTests {
    @Test func `attempts are counted by what came of them, and their times in buckets`() {
        var statistics = EgressStatistics()
        statistics.outcomes = ["ok": 3, "PROVIDER_UNAVAILABLE": 1]
        statistics.durations[0] = 3
        statistics.durations[statistics.durations.count - 1] = 1
        statistics.durationSum = 400.5
        let text = EgressMetrics.text(statistics)
        for line in [
            #"wasmesh_egress_calls_total{outcome="PROVIDER_UNAVAILABLE"} 1"#,
            #"wasmesh_egress_calls_total{outcome="ok"} 3"#,
            #"wasmesh_egress_call_duration_seconds_bucket{le="0.01"} 3"#,
            #"wasmesh_egress_call_duration_seconds_bucket{le="300.0"} 3"#,
            #"wasmesh_egress_call_duration_seconds_bucket{le="+Inf"} 4"#,
            "wasmesh_egress_call_duration_seconds_sum 400.5", "wasmesh_egress_call_duration_seconds_count 4",
            "wasmesh_egress_lost_calls_total 0",
        ] { #expect(text.contains(line + "\n"), "\(text)") }
    }
}
