import HTTPServer
import MeshCore
import Outbox
import Schemas

extension ControlPlane {
    /// `GET /api/v1/state/{service}/{key}`.
    func state(_ request: HTTPRequest) async throws -> RouterResponse {
        let (route, key) = try stateful(request)
        guard let state = try await stores.view.state(service: route.name, key: key) else {
            throw ControlPlane.noState(route, key)
        }
        return .json(state + "\n")
    }

    /// `PUT /api/v1/state/{service}/{key}`: the body is the whole state.
    func setState(_ request: HTTPRequest, _ actor: String) async throws -> RouterResponse {
        let (route, key) = try stateful(request)
        try route.check(state: request.body, of: key)
        let details = JSONWriter.object { writer in
            writer.member("bytes", request.body.count)
            writer.member("sha256", SHA256.hex(request.body))
        }
        return try await order(.set(request.body), "set state", of: route, key, actor, details)
    }

    /// `DELETE /api/v1/state/{service}/{key}`.
    func deleteState(_ request: HTTPRequest, _ actor: String) async throws -> RouterResponse {
        let (route, key) = try stateful(request)
        guard try await stores.view.state(service: route.name, key: key) != nil else {
            throw ControlPlane.noState(route, key)
        }
        return try await order(.delete, "delete state", of: route, key, actor, "{}")
    }

    private func stateful(_ request: HTTPRequest) throws(MeshError) -> (ServiceRoute, key: String) {
        let service = try parameter("service", request)
        let key = try parameter("key", request)
        guard let route = routing.current.table.service(service) else {
            throw MeshError(.notFound, "no deployed service is called '\(service.shortened)'")
        }
        guard route.schema.stateType != nil else {
            throw MeshError(.failedPrecondition, "\(service) keeps no state (its service has no @state)")
        }
        return (route, key)
    }

    private static func noState(_ route: ServiceRoute, _ key: String) -> MeshError {
        MeshError(.instanceNotFound, "\(route.name) has no state for the key '\(key.shortened)'")
    }

    /// Sends it to the owner of the key, and says whether that has taken it.
    private func order(
        _ order: StateOrder, _ action: String, of route: ServiceRoute, _ key: String, _ actor: String, _ details: String
    ) async throws -> RouterResponse {
        if let problem = MessageKey.problem(key.utf8) { throw MeshError(.invalidRequest, "the key \(problem)") }
        // Before it takes effect: who ordered something is known even if nobody learns what came of it.
        try await stores.admin.record(
            actor: actor, action: action, subject: "state \(route.name)/\(key)", details: details)
        let (message, outcome) = try await orders.send(
            String(decoding: order.data, as: UTF8.self), to: WorkflowID(service: route.name, key: key), by: actor,
            type: StateOrder.messageType)
        let isTaken: Bool
        switch outcome {
        case .taken: isTaken = true
        case .refused(let error): throw error
        case .accepted: isTaken = false
        }
        let body = JSONWriter.object { writer in
            writer.member("order", action)
            writer.member("message", message)
            writer.member("state", isTaken ? "taken" : "accepted")
        }
        return .json(body + "\n", status: isTaken ? 200 : 202)
    }
}

extension ServiceRoute {
    /// Refuses what can't be the state of a key.
    fileprivate func check(state: [UInt8], of key: String) throws(MeshError) {
        guard !state.isEmpty else {
            throw MeshError(.invalidRequest, "the body is empty; send the whole state of the key as a JSON object")
        }
        let type = schema.stateType?.name ?? "state"
        try ValueShape.state(of: schema, in: deployment.schema)?.check(state, of: type)
        guard let field = schema.stateKeyField?.name, let own = JSONScanner.keyText(of: [field], in: state),
            !own.hasSameBytes(as: key)
        else { return }
        throw MeshError(
            .invalidRequest,
            "the \(type)'s \(field) is '\(own.shortened)', and the key '\(key.shortened)': they are one")
    }
}
