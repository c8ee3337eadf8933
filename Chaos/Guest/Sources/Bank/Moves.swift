import Mesh

struct Moves: MovesService {
    func move(id: ID, transfer: Transfer, wait: Int, asks: Bool, mesh: MovesWorkflow) throws(MeshError) -> Outcome {
        guard try mesh.call(Accounts.withdraw(transfer: transfer)) else { return settle(transfer, .refused, mesh) }
        try mesh.call(Moves.note(id: id, step: "taken"))
        if asks { _ = try mesh.receive(.approve) }
        if wait > 0 { try mesh.sleep(for: .milliseconds(wait)) }
        try mesh.call(Accounts.deposit(transfer: transfer))
        try mesh.call(Moves.note(id: id, step: "given"))
        return settle(transfer, .moved, mesh)
    }

    func note(id: ID, step: String, mesh: MovesContext) throws(MeshError) { mesh.state = Move(id: id, step: step) }

    private func settle(_ transfer: Transfer, _ outcome: Outcome, _ mesh: MovesWorkflow) -> Outcome {
        mesh.emit(.ended(Settlement(transfer: transfer.id, outcome: outcome, way: "workflow")))
        return outcome
    }
}
