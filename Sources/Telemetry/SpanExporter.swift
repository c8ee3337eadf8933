package import HTTPServer
package import MeshCore
import Synchronization

/// Sends spans to an OpenTelemetry collector, OTLP over HTTP with JSON, in batches and beside everything else: what can't be sent is dropped in the end,
/// and said.
package final class SpanExporter: SpanSink {
    private struct State {
        var queue = SpanQueue()
        var isFailing = false
    }

    private let url: String
    private let headers: HTTPHeaders
    private let process: String
    private let client = HTTPClient(timeout: .seconds(10), maxBodyBytes: 1 << 20)
    private let state = Mutex(State())
    private let log = Log("traces")

    /// - Parameter endpoint: of the collector, `http://127.0.0.1:4318`; `/v1/traces` follows unless it is there.
    package init(endpoint: String, headers: HTTPHeaders = HTTPHeaders(), process: String) {
        let base = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
        url = base.hasSuffix("/v1/traces") ? base : base + "/v1/traces"
        var headers = headers
        headers.set("Content-Type", "application/json")
        self.headers = headers
        self.process = process
    }

    package func take(_ span: Span) { state.withLock { $0.queue.add(span) } }

    /// Sends what comes, each second or as soon as there is a batch, until it is cancelled; then what is left, within two seconds.
    package func run() async {
        while !Task.isCancelled {
            await pause()
            var outcome = Outcome.sent
            while case .sent = outcome, !Task.isCancelled { outcome = await sendNext(within: .seconds(10)) }
            if case .wait(let time) = outcome { try? await Task.sleep(for: time) }
        }
        // In a task of its own: one that is cancelled sends nothing.
        await Task.detached { [self] in
            let end = ContinuousClock.now + .seconds(2)
            while ContinuousClock.now < end, case .sent = await sendNext(within: end - .now) {}
            let left = state.withLock { $0.queue.dropAll() }
            if left > 0 { log.warning("spans were dropped at the end", ["count": "\(left)"]) }
        }.value
    }

    /// What became of a batch.
    private enum Outcome {
        /// The collector is done with it: there may be more.
        case sent
        case nothing
        /// It is to be sent again, so much later.
        case wait(Duration)
    }

    private func sendNext(within limit: Duration) async -> Outcome {
        let spans = state.withLock { Array($0.queue.next) }
        guard !spans.isEmpty else { return .nothing }
        let problem: String
        do throws(HTTPClientError) {
            let body = Array(OTLPDocument.json(spans, process: process).utf8)
            let answer = try await client.request("POST", url, headers: headers, body: body, timeout: limit)
            switch answer.status {
            case 200..<300:
                sent(spans.count)
                return .sent
            case 429, 502, 503, 504: problem = "it answers \(answer.status)"
            default:
                state.withLock { $0.queue.refused(spans.count) }
                complain("the collector refuses spans: it answers \(answer.status) \(answer.text.prefix(200))")
                return .sent
            }
        } catch {
            problem = "\(error)"
        }
        complain("spans wait for the collector: \(problem)")
        return .wait(state.withLock { $0.queue.failed() })
    }

    private func sent(_ count: Int) {
        let wasFailing = state.withLock { state in
            state.queue.sent(count)
            defer { state.isFailing = false }
            return state.isFailing
        }
        if wasFailing { log.info("the collector takes spans again") }
        let dropped = state.withLock { $0.queue.takeDropped() }
        if dropped > 0 { log.warning("spans were dropped", ["count": "\(dropped)"]) }
    }

    /// Once, until it works again.
    private func complain(_ problem: String) {
        let isNew = state.withLock { state in
            defer { state.isFailing = true }
            return !state.isFailing
        }
        if isNew { log.warning(problem) }
    }

    /// For a second, or until there is a batch.
    private func pause() async {
        for _ in 0..<5 where !Task.isCancelled && !state.withLock({ $0.queue.hasBatch }) {
            try? await Task.sleep(for: .milliseconds(200))
        }
    }
}
