import MeshCore
import Outbox

// Orders that bring a workflow to another package.

extension Intake {
    /// Moves an open workflow to a package that replays its journal.
    mutating func upgrade(to digest: String) -> WorkflowActivation.Outcome {
        guard var draft else { return .ignored }
        let code: Environment.Code
        do throws(MeshError) {
            try draft.checkOpen("upgraded")
            code = try package(digest)
        } catch { return .refused(error) }
        if let difference = difference(of: draft, on: code) { return .refused(difference.error) }
        let change = "{\"from\":\(JSONText.string(draft.row.digest)),\"to\":\(JSONText.string(digest))}"
        draft.appendEvent(draft.entry(.upgraded, name: digest, details: Array(change.utf8)))
        draft.row.digest = digest
        draft.row.version = code.version
        if draft.row.status == .stuck || draft.row.attempt > 0 { draft.unstick() } else { draft.runAtOnce() }
        self.draft = draft
        return .taken(reply: WorkflowMachine.empty)
    }

    /// Begins an ended workflow anew, once for each order and each end.
    mutating func restart(_ restart: WorkflowRestart, by order: Message) -> WorkflowActivation.Outcome {
        guard var draft else { return .ignored }
        // Delivered once more.
        if draft.facts.caller.callID == order.id { return .taken(reply: WorkflowMachine.empty) }
        do throws(MeshError) {
            try draft.checkEnded(with: restart.run)
            let code = try package(restart.digest)
            if let sequence = restart.sequence {
                try draft.restart(from: sequence, by: order)
                if let difference = difference(of: draft, on: code) { throw difference.reasonNotToRestart }
            } else {
                let input = try input(of: restart, draft, code)
                if restart.input != nil { draft.facts.inputDigest = StartFacts.digest(of: input) }
                draft.restart(with: input, by: order)
            }
            draft.row.digest = code.digest
            draft.row.version = code.version
        } catch { return .refused(error) }
        self.draft = draft
        return .taken(reply: WorkflowMachine.empty)
    }

    /// The arguments of a life that begins anew: the schema may be another by now.
    private func input(of restart: WorkflowRestart, _ draft: ActivationDraft, _ code: Environment.Code)
        throws(MeshError) -> [UInt8]
    {
        let method = draft.row.method
        guard code.workflow(method) != nil else {
            throw MeshError(.notFound, "the package \(code.digest.prefix(12)) has no workflow \(method)")
        }
        let last = draft.machine.first?.request
        guard let input = restart.input ?? last else {
            throw MeshError(
                .failedPrecondition,
                "the journal of \(id) is gone, and with it the arguments that it had: give them with the restart")
        }
        switch code.checkNext(input, after: last, of: id, method: method) {
        case .accepted: return input
        case .denied(let reason), .invalid(let reason): throw MeshError(.invalidRequest, reason)
        }
    }

    private func package(_ digest: String) throws(MeshError) -> Environment.Code {
        guard let code = environment.code(of: id.service, digest: digest) else {
            // It may have been deployed just now, and take a second to be loaded.
            throw MeshError(
                .notFound, "the worker that owns \(id) has no package \(digest.prefix(12)) of \(id.service) yet",
                retryable: true)
        }
        return code
    }

    /// What the package does otherwise than the journal of the run has it.
    private func difference(of draft: ActivationDraft, on code: Environment.Code) -> WorkflowDifference? {
        WorkflowReplay.check(
            WorkflowRecord(row: draft.row, journal: draft.machine.entries), code: code,
            randomSecret: environment.randomSecret)
    }
}
