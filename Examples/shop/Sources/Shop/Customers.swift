import Mesh

struct Customers: CustomersService {
    func get(id: ID, mesh: CustomersContext) throws(MeshError) -> Customer? { mesh.state }

    func onOrderPlaced(event: OrderPlaced, mesh: CustomersContext) throws(MeshError) {
        var customer = mesh.state ?? Customer(id: event.customer, orders: 0, spent: 0, lastOrderAt: mesh.now)
        customer.orders += 1
        customer.spent += event.total
        customer.lastOrderAt = mesh.now
        mesh.state = customer
    }
}
