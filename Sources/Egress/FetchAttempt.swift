import HTTPServer
import MeshCore
import Outbox

/// One attempt of a call: checked, made, and what it came to.
struct FetchAttempt: Sendable {
    /// Of an answer's body; its JSON may be longer, and has a bound of its own.
    private static let longestBody = 1_000_000
    let call: HTTPCall
    let configuration: EgressConfiguration

    func run() async -> FetchOutcome {
        do throws(MeshError) {
            let request = try FetchRequest(call.request)
            let permissions = Permissions(
                of: call.workflow.service, granted: call.capabilities, wishes: configuration.wishes)
            let prepared = try PreparedFetch(
                request, for: call, permissions: permissions, secrets: configuration.secrets)
            return await make(prepared)
        } catch {
            return .failure(error)
        }
    }

    private func make(_ prepared: PreparedFetch) async -> FetchOutcome {
        let place = prepared.place
        var headers = prepared.headers
        var span = configuration.tracer?.begin(
            "\(prepared.method) \(place.host)", .client, service: "mesh.Http",
            parent: call.traceparent.flatMap(TraceParent.init), identity: call.id)
        if let traceparent = span?.traceparent ?? call.traceparent, headers["traceparent"] == nil {
            headers.set("traceparent", traceparent)
        }
        // Nobody waits for what comes after the call's own deadline.
        var timeout = prepared.timeout
        if let deadline = call.deadline {
            timeout = max(
                .milliseconds(1), min(timeout, .microseconds(deadline.microseconds - Timestamp.now.microseconds)))
        }
        let client = HTTPClient(timeout: timeout, maxBodyBytes: FetchAttempt.longestBody)
        let outcome: FetchOutcome
        do throws(HTTPClientError) {
            let response = try await client.request(
                prepared.method, prepared.url, headers: headers, body: prepared.body)
            span?.set("http.response.status_code", response.status)
            outcome = FetchOutcome(response, from: place.origin)
        } catch {
            outcome = FetchOutcome(error, from: place.origin)
        }
        span?.set("http.request.method", prepared.method)
        span?.set("server.address", place.host)
        span?.set("server.port", place.port)
        if case .failure(let error) = outcome { span?.end(error: error.message) } else { span?.end() }
        return outcome
    }
}
