import Mesh

struct Supplier: SupplierService {
    func quote(supplier: ID, item: String, mesh: SupplierContext) throws(MeshError) -> Quote {
        if item == "nothing" { throw MeshError("SOLD_OUT", "\(supplier) has no \(item)") }
        if item == "flaky", mesh.attempt <= 2 { throw .unavailable("\(supplier) is busy") }
        return Quote(supplier: supplier, price: Decimal(supplier.utf8.count * 10))
    }

    func reserve(item: ID, mesh: SupplierContext) throws(MeshError) -> Hold { Hold(id: "hold-\(item)", item: item) }

    func release(item: ID, hold: ID, mesh: SupplierContext) throws(MeshError) { mesh.log.info("released \(hold)") }

    func pay(account: ID, amount: Decimal, mesh: SupplierContext) throws(MeshError) {
        if amount > 1000 { throw MeshError("DECLINED", "\(account) can't pay \(amount)") }
    }

    func refund(account: ID, amount: Decimal, mesh: SupplierContext) throws(MeshError) {
        mesh.log.info("refunded \(amount) to \(account)")
    }
}
