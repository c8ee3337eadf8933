import Mesh
import Testing

@testable import Shop

@Suite struct TakingPayments {
    private let mesh = TestMesh(key: "order-1")

    @Test func `a repeated capture takes the money once`() throws {
        let context = PaymentsContext(mesh)
        let first = try Payments().capture(order: "order-1", amount: "10", mesh: context)
        let second = try Payments().capture(order: "order-1", amount: "10.00", mesh: context)
        #expect(first == second)
        #expect(mesh.emitted.map(\.event) == ["payment.captured"])
    }

    @Test func `another amount for the same order is a conflict`() throws {
        let context = PaymentsContext(mesh)
        _ = try Payments().capture(order: "order-1", amount: "10", mesh: context)
        let error = #expect(throws: MeshError.self) {
            try Payments().capture(order: "order-1", amount: "11", mesh: context)
        }
        #expect(error?.code == "CONFLICT")
    }
}

@Suite struct KnowingCustomers {
    @Test func `orders and money add up`() throws {
        let context = CustomersContext(TestMesh(key: "ada"))
        for total: Decimal in ["10.50", "0.01"] {
            try Customers().onOrderPlaced(event: OrderPlaced(id: "o", customer: "ada", total: total), mesh: context)
        }
        #expect(context.state?.orders == 2)
        #expect(context.state?.spent == "10.51")
    }
}

@Suite struct WholeMessages {
    @Test func `a message runs as in the mesh, JSON to JSON`() throws {
        let mesh = TestMesh(key: "order-1")
        try mesh.deliver(
            "Orders/place",
            #"{"order":{"customer":"ada","items":[{"sku":"kite","quantity":2,"price":"0.10"}]}}"#, MeshModule.handle)
        #expect(mesh.replyJSON == mesh.stateJSON)
        #expect(
            mesh.replyJSON?.hasPrefix(
                #"{"id":"order-1","customer":"ada","items":[{"sku":"kite","quantity":2,"price":"0.10"}],"total":"0.20","status":"PLACED""#
            ) == true)

        try mesh.deliver("Notifications/onOrderPlaced", mesh.emitted[0].json, MeshModule.handle)
        #expect(mesh.logged.map(\.text) == ["to ada: thank you for order order-1 of 0.20"])
    }

    @Test func `an order that isn't there is null`() throws {
        let mesh = TestMesh(key: "order-1")
        try mesh.deliver("Orders/get", #"{"id":"order-1"}"#, MeshModule.handle)
        #expect(mesh.replyJSON == #"{"value":null}"#)
    }
}
