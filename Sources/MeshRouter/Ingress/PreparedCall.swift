import HTTPServer
import MeshCore
import Outbox
import Schemas

/// A call that passed every check and has its place.
struct PreparedCall {
    var role: MethodRole
    var message: IngressMessage
    var deadline: Timestamp
    var options: CallOptions
    /// Where its trace is recorded.
    var span: OpenSpan?

    var id: String { message.message.id }

    /// The id of the workflow that it starts; nil for other calls.
    var workflow: String? { workflow(ofCall: id) }

    /// As above where an earlier call, `id`, is answered for: one without a key of its own has started another workflow.
    func workflow(ofCall id: String) -> String? {
        guard role == .workflow else { return nil }
        return message.message.key == self.id ? id : message.message.key
    }

    /// Ends its span, by what the caller is answered.
    func end(began: Timestamp, _ response: RouterResponse) {
        guard var span else { return }
        span.began(at: began)
        span.set("rpc.system", "connect_rpc")
        span.set("http.response.status_code", response.status)
        span.set("messaging.message.id", id)
        span.set("messaging.kafka.message.key", message.message.key)
        if response.metricCode != "ok" { span.set("rpc.connect_rpc.error_code", response.metricCode) }
        // What is the caller's own fault is no error of the server's (OpenTelemetry's conventions for HTTP).
        span.end(error: response.status < 500 ? nil : response.metricCode)
    }

    /// The answer to the caller; `id` is another than the call's own where an idempotency key led to an earlier call.
    func response(_ outcome: CallOutcome, id: String) -> RouterResponse {
        var headers = [HeaderField("Mesh-Call-Id", id)]
        if let workflow = workflow(ofCall: id) { headers.append(.workflow(workflow)) }
        switch outcome {
        case .answer(let data): return .json(data, headers: headers)
        case .failed(let error): return .failure(ConnectError(kept(error)), headers: headers)
        case .timedOut: return .failure(ConnectError(timedOut(id)), headers: headers)
        case .stopping: return .failure(ConnectError(stopping(id)), headers: headers)
        case .abandoned:
            let error = MeshError(.deadlineExceeded, "the caller of \(id) went away")
            return .failure(ConnectError(error, code: .canceled), headers: headers)
        }
    }

    /// The mesh's own error, as it is to somebody with an `Idempotency-Key`: the same request gets the same answer for as long as the key is kept.
    private func kept(_ error: MeshError) -> MeshError {
        guard options.idempotencyKey != nil, error.retryable, error.applicationCode == nil else { return error }
        var error = error
        error.retryable = false
        error.message += "; that stays this key's answer: take a new Idempotency-Key to try again"
        return error
    }

    private func timedOut(_ id: String) -> MeshError {
        if let workflow = workflow(ofCall: id) { return PreparedCall.stillRunning(workflow, id) }
        let poll =
            message.message.extensions.keepsResult ? "; if it has been, its answer will be at /api/v1/calls/\(id)" : ""
        return MeshError(
            .deadlineExceeded,
            "call \(id) wasn't answered in time; it isn't started any more unless it has been already" + poll,
            details: MeshError.callDetails(id), retryable: true)
    }

    /// A workflow may take days; whoever has waited long enough comes back with the same key and arguments.
    private static func stillRunning(_ workflow: String, _ id: String) -> MeshError {
        MeshError(
            .deadlineExceeded,
            "workflow \(workflow.shortened) hasn't ended yet and goes on; `wasmesh workflows show` says what it waits for, or why it is stuck. The same call with its id as Mesh-Key waits again",
            details: "{\"call\":\(JSONText.string(id)),\"workflow\":\(JSONText.string(workflow))}", retryable: true)
    }

    private func stopping(_ id: String) -> MeshError {
        MeshError(
            .providerUnavailable,
            "this router stops before call \(id) was answered; the call itself goes on. Repeat it with the same Idempotency-Key",
            details: MeshError.callDetails(id), retryable: true)
    }
}

extension MeshError {
    static func idempotencyConflict(_ id: String) -> MeshError {
        MeshError(
            .conflict,
            "the Idempotency-Key was used before with another body, Mesh-Key or time, for call \(id); use a new key for a new call",
            details: callDetails(id))
    }

    /// The details that name a call.
    static func callDetails(_ id: String) -> String { "{\"call\":\(JSONText.string(id))}" }
}

extension RouterResponse {
    /// 202: accepted, to be polled.
    static func accepted(_ id: String, workflow: String? = nil) -> RouterResponse {
        var headers = [
            HeaderField("Location", "/api/v1/calls/\(id)"), HeaderField("Mesh-Call-Id", id),
            HeaderField("Preference-Applied", "respond-async"),
        ]
        if let workflow { headers.append(.workflow(workflow)) }
        let body = JSONWriter.object { writer in
            writer.member("id", id)
            if let workflow { writer.member("workflow", workflow) }
        }
        return .json(body + "\n", status: 202, headers: headers)
    }
}

extension HeaderField {
    /// Names the workflow that a call has started; percent-encoded, as a key may have any characters.
    static func workflow(_ id: String) -> HeaderField { HeaderField("Mesh-Workflow-Id", PercentEncoding.encode(id)) }
}
