import HTTPServer
import MeshCore
import Outbox

extension ControlPlane {
    /// `POST …/restart`: `{"from": 12}` or `{"input": {…}}`, both optional; begins one that has ended anew, on the deployed package.
    func restart(_ request: HTTPRequest, _ actor: String) async throws -> RouterResponse {
        let members = try OrderBody(request.body, allowed: ["from", "input"])
        guard members.from == nil || members.input == nil else {
            throw MeshError(
                .invalidRequest, "what goes on from an entry has the arguments that it had: give `from` or `input`")
        }
        let row = try await endedRow(request)
        if let from = members.from, from < 1 || from >= row.nextSequence {
            throw MeshError(
                .invalidRequest,
                "the journal of workflow \(row.id.key.shortened) has \(row.nextSequence - 1) entries, so it can't be restarted from \(from)"
            )
        }
        guard let deployment = routing.current.table.services[row.id.service]?.deployment else {
            throw MeshError(
                .notFound,
                "no deployed package serves \(row.id.service.shortened), so nothing could run the workflow: deploy one")
        }
        // What was deployed just now its owner may be loading still.
        return try await send("restart", to: row, actor, patience: .seconds(10), input: members.input) { writer in
            // Whatever becomes of it meanwhile: this end is followed by one restart.
            writer.member("run", row.run)
            writer.member("digest", deployment.digest)
            if let from = members.from { writer.member("sequence", from) }
        }
    }

    /// The workflow of the path, which has ended.
    private func endedRow(_ request: HTTPRequest) async throws -> WorkflowRow {
        let row = try await workflowRow(
            request, hint: "; one that ended is kept for `workflow_retention`, and after that it can only be started")
        guard !row.status.isOpen else {
            throw MeshError(
                .failedPrecondition,
                "workflow \(row.id.key.shortened) is \(row.status.rawValue), and only one that has ended is restarted: `retry` runs a stuck one again, `reset` takes one that runs back to a step"
            )
        }
        return row
    }
}
