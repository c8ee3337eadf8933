import Mesh

struct Orders: OrdersService {
    func place(id: ID, item: String, amount: Decimal, mesh: OrdersWorkflow) throws(MeshError) -> Order {
        var order = Order(id: id, item: item, amount: amount, status: .reserved)
        do throws(MeshError) {
            try mesh.saga { saga throws(MeshError) in
                try saga.step(
                    "reserve", do: Warehouse.reserve(item: item, order: id),
                    compensate: Warehouse.release(item: item, order: id))
                try mesh.call(Orders.record(order: order))

                if amount > 1000 { try awaitApproval(of: &order, mesh) }

                try saga.step(
                    "pay", do: Payments.capture(order: id, amount: amount), compensate: Payments.refund(order: id),
                    retries: 5, timeout: .seconds(30))
                order.status = .paid
                try mesh.call(Orders.record(order: order))
            }
        } catch {
            order.status = .cancelled
            try mesh.call(Orders.record(order: order))
            throw error
        }
        try mesh.sleep(for: .seconds(5))  // Somebody packs it.
        order.status = .shipped
        return try mesh.call(Orders.record(order: order))
    }

    private func awaitApproval(of order: inout Order, _ mesh: OrdersWorkflow) throws(MeshError) {
        order.status = .awaitingApproval
        try mesh.call(Orders.record(order: order))
        guard let approval = try mesh.receive(.approve, timeout: .hours(24)) else {
            throw MeshError("NOT_APPROVED", "nobody has approved order \(order.id) within a day")
        }
        order.approvedBy = approval.by
    }

    func status(id: ID, mesh: OrdersQuery) throws(MeshError) -> Order? { mesh.state }

    func record(order: Order, mesh: OrdersContext) throws(MeshError) -> Order {
        mesh.state = order
        return order
    }
}
