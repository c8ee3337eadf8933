import Mesh

struct Warehouse: WarehouseService {
    func reserve(item: ID, order: ID, mesh: WarehouseContext) throws(MeshError) -> Stock {
        var stock = mesh.state ?? Stock(item: item, left: 10, holders: [])
        if stock.holders.contains(order) { return stock }
        if stock.left == 0 { throw MeshError("OUT_OF_STOCK", "there is no \(item) left") }
        stock.left -= 1
        stock.holders.append(order)
        mesh.state = stock
        return stock
    }

    func release(item: ID, order: ID, mesh: WarehouseContext) throws(MeshError) {
        guard var stock = mesh.state, stock.holders.contains(order) else { return }
        stock.left += 1
        stock.holders.removeAll { $0 == order }
        mesh.state = stock
    }

    func stock(item: ID, mesh: WarehouseContext) throws(MeshError) -> Stock? { mesh.state }
}
