import Mesh

struct Orders: OrdersService {
    func place(order: NewOrder, mesh: OrdersContext) throws(MeshError) -> Order {
        if order.items.isEmpty { throw MeshError("EMPTY_ORDER", "an order needs at least one item") }
        try checkStock(of: order.items, mesh)
        let placed = Order(
            id: mesh.key, customer: order.customer, items: order.items, total: Orders.total(of: order.items),
            status: .placed, placedAt: mesh.now)
        mesh.state = placed
        mesh.emit(.orderPlaced(OrderPlaced(id: placed.id, customer: placed.customer, total: placed.total)))
        mesh.send(Payments.capture(order: placed.id, amount: placed.total))
        return placed
    }

    func get(id: ID, mesh: OrdersContext) throws(MeshError) -> Order? { mesh.state }

    func cancel(id: ID, reason: String?, mesh: OrdersContext) throws(MeshError) -> Order {
        guard var order = mesh.state else { throw .notFound("there is no order \(id)") }
        switch order.status {
        case .cancelled: return order
        case .paid: throw .failedPrecondition("order \(id) is paid")
        case .placed: break
        }
        order.status = .cancelled
        mesh.state = order
        mesh.emit(.orderCancelled(OrderCancelled(id: id, customer: order.customer, reason: reason)))
        return order
    }

    func onPaymentCaptured(event: PaymentCaptured, mesh: OrdersContext) throws(MeshError) {
        guard let order = mesh.state else {
            mesh.log.warning("payment of \(event.amount) for an unknown order \(event.order)")
            return
        }
        if event.amount < order.total {
            throw MeshError(
                "UNDERPAID", "order \(order.id) costs \(order.total), captured was \(event.amount)",
                details: ["missing": .string((order.total - event.amount).description)])
        }
        mesh.state?.status = .paid
    }

    static func total(of items: [Item]) -> Decimal {
        var total: Decimal = 0
        for item in items { total += item.price * item.quantity }
        return total.rounded(to: 2)
    }

    /// What is sold out stands in the configuration: `wasmesh.json`, `"config": {"soldOut": "umbrella,kite"}`.
    private func checkStock(of items: [Item], _ mesh: OrdersContext) throws(MeshError) {
        let soldOut = (mesh.config("soldOut") ?? "").utf8.split(separator: UInt8(ascii: ",")).map {
            String(Substring($0))
        }
        let missing = items.filter { soldOut.contains($0.sku) }
        if missing.isEmpty { return }
        throw MeshError(
            "OUT_OF_STOCK", "some items are sold out", details: ["skus": .array(missing.map { .string($0.sku) })])
    }
}
