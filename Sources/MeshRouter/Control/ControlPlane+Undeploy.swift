import HTTPServer
import MeshCore
import Outbox

extension ControlPlane {
    /// `DELETE /api/v1/services/{service}`: takes a service out of force.
    ///
    /// Nothing of it is lost: state, workflows, messages and dead letters stay, and go on when it is deployed again. While something
    /// isn't done, or others call it, that wants `force`.
    func undeploy(_ request: HTTPRequest, _ actor: String) async throws -> RouterResponse {
        let service = try parameter("service", request)
        let isForced = try flag("force", request)
        let isDryRun = try flag("dry-run", request)
        guard let left = try await stores.registry.unfinishedWork(of: service) else {
            throw ControlPlane.notDeployed(service)
        }
        let refusal = isForced ? nil : ControlPlane.refusal(service, left)
        if isDryRun { return ControlPlane.answer(service, left, isDryRun: true, refusal: refusal) }
        if let refusal { throw refusal }
        let details = JSONWriter.object { writer in
            if let reason = request.query("reason") { writer.member("reason", reason) }
            left.write(to: &writer)
        }
        guard try await stores.registry.undeploy(service, by: actor, details: details) else {
            throw ControlPlane.notDeployed(service)
        }
        // So that whoever asked for it is refused at once; other routers and the workers follow within a second.
        try? await registry.refresh()
        return ControlPlane.answer(service, left, isDryRun: false, refusal: nil)
    }

    private static func notDeployed(_ service: String) -> MeshError {
        MeshError(
            .notFound,
            "no deployed service is called '\(service.shortened)'; GET /api/v1/services lists them by their whole names"
        )
    }

    private static func refusal(_ service: String, _ left: UnfinishedWork) -> MeshError? {
        guard let text = left.text else { return nil }
        return MeshError(
            .failedPrecondition,
            "\(service) still has \(text): they would wait until it is deployed again, and callers be refused; --force (?force=true) takes it out of force all the same",
            details: JSONWriter.object { left.write(to: &$0) })
    }

    private static func answer(
        _ service: String, _ left: UnfinishedWork, isDryRun: Bool, refusal: MeshError?
    ) -> RouterResponse {
        .json(
            JSONWriter.object { writer in
                writer.member("service", service)
                writer.member("dryRun", isDryRun)
                if isDryRun { writer.member("refusal", json: refusal?.json) }
                writer.member("left") { writer in writer.object { left.write(to: &$0) } }
            } + "\n")
    }
}

extension UnfinishedWork {
    /// Adds its members to an object.
    fileprivate func write(to writer: inout JSONWriter) {
        writer.member("openWorkflows", openWorkflows)
        writer.member("parked", parked)
        writer.member("waiting", waiting)
        writer.member("delayed", delayed)
        writer.member("callers", callers)
    }
}
