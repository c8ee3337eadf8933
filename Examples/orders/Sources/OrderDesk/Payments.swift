import Mesh

struct Payments: PaymentsService {
    func capture(order: ID, amount: Decimal, mesh: PaymentsContext) throws(MeshError) -> Account {
        if let account = mesh.state { return account }
        if amount == 666 { throw MeshError("DECLINED", "the bank declines \(amount)") }
        let isOdd = amount.description.utf8.suffix(3).elementsEqual(".99".utf8)
        if isOdd, mesh.attempt == 1 { throw .unavailable("the bank is busy") }
        let account = Account(order: order, captured: amount)
        mesh.state = account
        return account
    }

    func refund(order: ID, mesh: PaymentsContext) throws(MeshError) {
        if let account = mesh.state { mesh.log.info("gave back \(account.captured) for \(order)") }
        mesh.state = nil
    }
}
