import Mesh

struct Trips: TripsService {
    func book(id: ID, items: [ID], price: Decimal, mesh: TripsWorkflow) throws(MeshError) -> [ID] {
        try mesh.saga { saga throws(MeshError) in
            var holds: [ID] = []
            for item in items {
                let hold = try saga.step("reserve \(item)", do: Supplier.reserve(item: item)) { hold in
                    Supplier.release(item: hold.item, hold: hold.id)
                }
                holds.append(hold.id)
            }
            try saga.step(
                "pay", do: Supplier.pay(account: id, amount: price),
                compensate: Supplier.refund(account: id, amount: price), timeout: .seconds(10))
            return holds
        }
    }
}
