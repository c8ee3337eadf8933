import MeshCore
import Outbox

/// A call that passed every check and has its place.
struct PreparedCall {
    var message: IngressMessage
    var deadline: Timestamp
    var options: CallOptions

    var id: String { message.message.id }

    /// The answer to the caller; `id` is another than the call's own where an idempotency key led to an earlier call.
    func response(_ outcome: CallOutcome, id: String) -> RouterResponse {
        let headers = [HeaderField("Mesh-Call-Id", id)]
        switch outcome {
        case .answer(let data): return .json(data, headers: headers)
        case .failed(let error): return .failure(ConnectError(error), headers: headers)
        case .timedOut: return .failure(ConnectError(timedOut(id)), headers: headers)
        case .stopping: return .failure(ConnectError(stopping(id)), headers: headers)
        case .abandoned:
            let error = MeshError(.deadlineExceeded, "the caller of \(id) went away")
            return .failure(ConnectError(error, code: .canceled), headers: headers)
        }
    }

    private func timedOut(_ id: String) -> MeshError {
        let poll =
            message.message.extensions.keepsResult ? "; if it has been, its answer will be at /api/v1/calls/\(id)" : ""
        return MeshError(
            .deadlineExceeded,
            "call \(id) wasn't answered in time; it isn't started any more unless it has been already" + poll,
            details: MeshError.callDetails(id), retryable: true)
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
            "the Idempotency-Key was used before with another body, for call \(id); use a new key for a new call",
            details: callDetails(id))
    }

    /// The details that name a call.
    static func callDetails(_ id: String) -> String { "{\"call\":\(JSONText.string(id))}" }
}

extension RouterResponse {
    /// 202: accepted, to be polled.
    static func accepted(_ id: String) -> RouterResponse {
        .json(
            "{\"id\":\(JSONText.string(id))}\n", status: 202,
            headers: [
                HeaderField("Location", "/api/v1/calls/\(id)"), HeaderField("Mesh-Call-Id", id),
                HeaderField("Preference-Applied", "respond-async"),
            ])
    }
}
