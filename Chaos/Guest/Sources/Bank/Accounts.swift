import Mesh

struct Accounts: AccountsService {
    static let opening = 1000

    func transfer(transfer: Transfer, mesh: AccountsContext) throws(MeshError) -> Outcome {
        guard take(transfer, mesh) else {
            mesh.emit(.settled(Settlement(transfer: transfer.id, outcome: .refused, way: "call")))
            return .refused
        }
        if transfer.amount % 4 == 0 {
            mesh.send(Accounts.credit(transfer: transfer), after: .milliseconds(10 * transfer.amount))
        } else {
            mesh.send(Accounts.credit(transfer: transfer))
        }
        return .moved
    }

    func credit(transfer: Transfer, mesh: AccountsContext) throws(MeshError) {
        if mesh.attempt == 1, transfer.amount % 11 == 0 { throw .unavailable("busy") }
        give(transfer, mesh)
        mesh.emit(.settled(Settlement(transfer: transfer.id, outcome: .moved, way: "call")))
    }

    func withdraw(transfer: Transfer, mesh: AccountsContext) throws(MeshError) -> Bool { take(transfer, mesh) }

    func deposit(transfer: Transfer, mesh: AccountsContext) throws(MeshError) { give(transfer, mesh) }

    func onOrdered(event: Transfer, mesh: AccountsContext) throws(MeshError) {
        guard take(event, mesh) else {
            mesh.emit(.settled(Settlement(transfer: event.id, outcome: .refused, way: "event")))
            return
        }
        mesh.emit(.moved(event))
    }

    func onMoved(event: Transfer, mesh: AccountsContext) throws(MeshError) {
        give(event, mesh)
        mesh.emit(.settled(Settlement(transfer: event.id, outcome: .moved, way: "event")))
    }

    private func take(_ transfer: Transfer, _ mesh: AccountsContext) -> Bool {
        var account = mesh.state ?? Accounts.opened(transfer.source)
        guard account.balance >= transfer.amount else { return false }
        account.balance -= transfer.amount
        account.debits += 1
        mesh.state = account
        return true
    }

    private func give(_ transfer: Transfer, _ mesh: AccountsContext) {
        var account = mesh.state ?? Accounts.opened(transfer.target)
        account.balance += transfer.amount
        account.credits += 1
        mesh.state = account
    }

    private static func opened(_ id: ID) -> Account { Account(id: id, balance: opening, debits: 0, credits: 0) }
}

struct Receipts: ReceiptsService {
    func onSettled(event: Settlement, mesh: ReceiptsContext) throws(MeshError) { write(event, mesh) }

    func onEnded(event: Settlement, mesh: ReceiptsContext) throws(MeshError) { write(event, mesh) }

    private func write(_ event: Settlement, _ mesh: ReceiptsContext) {
        var receipt =
            mesh.state ?? Receipt(transfer: event.transfer, outcome: event.outcome, way: event.way, count: 0)
        receipt.count += 1
        mesh.state = receipt
    }
}
