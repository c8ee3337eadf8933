import HTTPServer
import MeshCore
import Outbox
import Schemas

extension ControlPlane {
    /// `POST …/cancel`: `{"reason"}`; its code may clean up.
    func cancel(_ request: HTTPRequest, _ actor: String) async throws -> RouterResponse {
        try await end(request, actor, "cancel")
    }

    /// `POST …/terminate`: `{"reason"}`; ends it without running its code.
    func terminate(_ request: HTTPRequest, _ actor: String) async throws -> RouterResponse {
        try await end(request, actor, "terminate")
    }

    private func end(_ request: HTTPRequest, _ actor: String, _ order: String) async throws -> RouterResponse {
        let members = try OrderBody(request.body, allowed: ["reason"])
        let row = try await workflowRow(request)
        guard row.status.isOpen else { throw ControlPlane.hasEnded(row) }
        return try await send(order, to: row, actor) { writer in
            if let reason = members.reason { writer.member("reason", reason) }
        }
    }

    /// `POST …/retry`: runs a stuck workflow again.
    func retry(_ request: HTTPRequest, _ actor: String) async throws -> RouterResponse {
        _ = try OrderBody(request.body, allowed: [])
        let row = try await workflowRow(request)
        guard row.status.isOpen else { throw ControlPlane.hasEnded(row) }
        guard row.status == .stuck || row.attempt > 0 else {
            throw MeshError(
                .failedPrecondition,
                "workflow \(row.id.key.shortened) isn't stuck; it is \(row.status.rawValue) and waits for \(row.waitingFor ?? "nothing")"
            )
        }
        return try await send("retry", to: row, actor) { _ in }
    }

    /// `POST …/reset`: `{"to": 12}`; a new run that begins with the journal up to that entry.
    func reset(_ request: HTTPRequest, _ actor: String) async throws -> RouterResponse {
        let members = try OrderBody(request.body, allowed: ["to"])
        guard let sequence = members.to, sequence > 0 else {
            throw MeshError(.invalidRequest, "reset wants {\"to\": N}, the sequence of a journal entry")
        }
        let row = try await workflowRow(request)
        guard row.status.isOpen else { throw ControlPlane.hasEnded(row) }
        guard sequence < row.nextSequence else {
            throw MeshError(
                .invalidRequest,
                "the journal of workflow \(row.id.key.shortened) has \(row.nextSequence - 1) entries, so it can't be reset to \(sequence)"
            )
        }
        return try await send("reset", to: row, actor) { $0.member("sequence", sequence) }
    }

    /// `GET /api/v1/schedules`.
    func schedules(_ request: HTTPRequest) async throws -> RouterResponse {
        let schedules = try await stores.workflows.schedules(service: request.query("service"))
        let body = JSONWriter.object { writer in
            writer.member("schedules") { writer in writer.array(schedules) { $1.write(to: &$0) } }
        }
        return .json(body + "\n")
    }

    /// `POST /api/v1/schedules/{service}/{method}/pause`, `resume`, `trigger`.
    func schedule(_ request: HTTPRequest, _ actor: String, _ order: String) async throws -> RouterResponse {
        _ = try OrderBody(request.body, allowed: [])
        let (service, method) = (try parameter("service", request), try parameter("method", request))
        let known = routing.current.table.method(service + "/" + method)
        guard known?.schema.schedule != nil else {
            throw MeshError(
                .notFound,
                known == nil
                    ? "no deployed service has a method '\((service + "/" + method).shortened)'"
                    : "\(service)/\(method) has no @schedule")
        }
        return try await give(
            order, to: ScheduleRow.key(service, method), actor, subject: "schedule \(service)/\(method)")
    }

    // MARK: Sending

    /// Sends an order to a workflow.
    ///
    /// - Parameters:
    ///   - patience: for so long it is sent again while its owner hasn't got what it needs for it.
    ///   - input: a member of the order that the audit trail only mentions: it may be large, or nobody's business.
    func send(
        _ order: String, to row: WorkflowRow, _ actor: String, patience: Duration = .zero, input: [UInt8]? = nil,
        _ members: (inout JSONWriter) -> Void
    ) async throws -> RouterResponse {
        try await give(
            order, to: row.id, actor, subject: "workflow \(row.id.service)/\(row.id.key)", patience: patience,
            input: input, members)
    }

    private func give(
        _ order: String, to id: WorkflowID, _ actor: String, subject: String, patience: Duration = .zero,
        input: [UInt8]? = nil, _ members: (inout JSONWriter) -> Void = { _ in }
    ) async throws -> RouterResponse {
        func text(_ input: String?) -> String {
            JSONWriter.object { writer in
                writer.member("order", order)
                members(&writer)
                if let input { writer.member("input", json: input) }
            }
        }
        let data = text(input.map { String(decoding: $0, as: UTF8.self) })
        // Before it takes effect: who ordered something is known even if nobody learns what came of it.
        try await stores.admin.record(
            actor: actor, action: order, subject: subject, details: text(input.map { _ in "true" }))
        let deadline = ContinuousClock.now + patience
        var (message, outcome) = try await orders.send(data, to: id, by: actor)
        // Nothing tells a router when a worker has loaded a package.
        while case .refused(let error) = outcome, error.code == .notFound, error.retryable,
            ContinuousClock.now < deadline
        {
            try await Task.sleep(for: .milliseconds(250))
            (message, outcome) = try await orders.send(data, to: id, by: actor)
        }
        let isTaken: Bool
        switch outcome {
        case .taken: isTaken = true
        case .refused(let error): throw error
        case .accepted: isTaken = false
        }
        let row = isTaken ? try await stores.workflows.show(id) : nil
        let body = JSONWriter.object { writer in
            writer.member("order", order)
            writer.member("message", message)
            writer.member("state", isTaken ? "taken" : "accepted")
            if let row { writer.member("workflow") { row.write(to: &$0) } }
        }
        return .json(body + "\n", status: isTaken ? 200 : 202)
    }

    static func hasEnded(_ row: WorkflowRow) -> MeshError {
        MeshError(
            .failedPrecondition,
            "workflow \(row.id.key.shortened) has ended: it is \(row.status.rawValue) since \(row.endedAt?.iso8601 ?? "then")"
        )
    }
}
