import Mesh

struct Moves: MovesService {
    func move(id: ID, transfer: Transfer, wait: Int, asks: Bool, tells: URL?, mesh: MovesWorkflow) throws(MeshError)
        -> Outcome
    {
        guard try mesh.call(Accounts.withdraw(transfer: transfer)) else { return settle(transfer, .refused, mesh) }
        try mesh.call(Moves.note(id: id, step: "taken"))
        let approval = asks ? try mesh.receive(.approve) : nil
        if wait > 0 { try mesh.sleep(for: .milliseconds(wait)) }
        try mesh.call(Accounts.deposit(transfer: transfer))
        try mesh.call(Moves.note(id: id, step: "given"))
        try approval?.reply(.moved)
        if let tells { try tell(tells, of: transfer, mesh) }
        return settle(transfer, .moved, mesh)
    }

    /// Tells somebody who isn't in the mesh: of some transfers in one attempt, of the others until it is answered.
    private func tell(_ outside: URL, of transfer: Transfer, _ mesh: MovesWorkflow) throws(MeshError) {
        let isOnce = transfer.amount % 2 == 0
        let place = "\(outside.text)/\(isOnce ? "once" : "surely")/\(transfer.id)"
        var call = HTTPRequest.post(place, json: transfer.amount, timeout: .seconds(2)).call
        call.options.delay = .milliseconds(200)
        do throws(MeshError) {
            _ = try mesh.call(call, retries: isOnce ? 0 : 60, backoff: .fixed, label: isOnce ? "once" : "surely")
                .checked()
        } catch {
            // Nobody knows whether it was heard, and the money has moved.
            guard error.code == "COMMUNICATION_FAILURE" || error.code == "PROVIDER_UNAVAILABLE" else { throw error }
        }
    }

    func note(id: ID, step: String, mesh: MovesContext) throws(MeshError) { mesh.state = Move(id: id, step: step) }

    private func settle(_ transfer: Transfer, _ outcome: Outcome, _ mesh: MovesWorkflow) -> Outcome {
        mesh.emit(.ended(Settlement(transfer: transfer.id, outcome: outcome, way: "workflow")))
        return outcome
    }
}
