import Synchronization
import Telemetry

/// What the router counts; rendered for `GET /metrics`.
package final class RouterMetrics: Sendable {
    private struct Key: Hashable {
        /// A deployed method's name, or a fixed word, so that the number of series is bounded.
        var method: String
        var code: String
    }

    private struct Counters {
        var requests: [Key: UInt64] = [:]
        var durations: [String: LatencyHistogram] = [:]
        var accepted: UInt64 = 0
        var acceptBatches: UInt64 = 0
        var repliesDelivered: UInt64 = 0
        var repliesUnawaited: UInt64 = 0
        var repliesMalformed: UInt64 = 0
    }

    /// What is measured at the moment of asking.
    package struct Gauges: Sendable {
        package var waitingCalls = 0
        package var acceptQueue = 0
        package var laneLag: Int64 = 0
        package var isReady = false

        package init() {}
    }

    private let counters = Mutex(Counters())

    package init() {}

    package func countRequest(method: String, code: String, took duration: Duration) {
        let (seconds, attoseconds) = duration.components
        counters.withLock {
            $0.requests[Key(method: method, code: code), default: 0] += 1
            $0.durations[method, default: LatencyHistogram()].record(
                seconds: Double(seconds) + Double(attoseconds) / 1e18)
        }
    }

    package func countAccepted(_ messages: Int) {
        counters.withLock {
            $0.accepted += UInt64(messages)
            $0.acceptBatches += 1
        }
    }

    package func countReplies(delivered: Int, unawaited: Int, malformed: Int) {
        counters.withLock {
            $0.repliesDelivered += UInt64(delivered)
            $0.repliesUnawaited += UInt64(unawaited)
            $0.repliesMalformed += UInt64(malformed)
        }
    }

    /// The metrics in Prometheus' text format (version 0.0.4).
    package func text(_ gauges: Gauges) -> String {
        let counters = counters.withLock { $0 }
        var text = PrometheusText()
        text.family(MetricName.requests, "counter", "HTTP requests by method and by the code of the answer.")
        for (key, count) in counters.requests.sorted(by: { ($0.key.method, $0.key.code) < ($1.key.method, $1.key.code) }
        ) {
            text.sample(MetricName.requests, [("method", key.method), ("code", key.code)], "\(count)")
        }
        text.family(MetricName.duration, "histogram", "Seconds from a request's head to its answer.")
        for (method, histogram) in counters.durations.sorted(by: { $0.key < $1.key }) {
            text.histogram(
                MetricName.duration, [("method", method)], bounds: LatencyHistogram.bounds, counts: histogram.counts,
                sum: histogram.sum)
        }
        text.single(MetricName.accepted, "counter", "Messages made durable.", "\(counters.accepted)")
        text.single(MetricName.acceptBatches, "counter", "Transactions that did so.", "\(counters.acceptBatches)")
        text.family(MetricName.replies, "counter", "Answers read from the replies topic, by what became of them.")
        for (outcome, count) in [
            ("delivered", counters.repliesDelivered), ("unawaited", counters.repliesUnawaited),
            ("malformed", counters.repliesMalformed),
        ] {
            text.sample(MetricName.replies, [("outcome", outcome)], "\(count)")
        }
        text.single(MetricName.waitingCalls, "gauge", "Calls that wait for their answer.", "\(gauges.waitingCalls)")
        text.single(MetricName.acceptQueue, "gauge", "Messages that wait to be made durable.", "\(gauges.acceptQueue)")
        text.single(
            MetricName.laneLag, "gauge", "Durable messages that Kafka hasn't acknowledged yet.", "\(gauges.laneLag)")
        text.single(MetricName.ready, "gauge", "1 while the router can take calls.", gauges.isReady ? "1" : "0")
        return text.text
    }
}
