import Mesh
import Testing

@testable import Shop

@Suite struct PlacingAnOrder {
    private let mesh = TestMesh(key: "order-1")
    private let items = [
        Item(sku: "kite", quantity: 3, price: "19.99"), Item(sku: "string", quantity: 1, price: "0.5"),
    ]

    @Test func `the total is exact`() throws {
        let order = try place(items)
        #expect(order.total.description == "60.47")
        #expect(order.status == .placed)
        #expect(order.placedAt == mesh.now)
    }

    @Test func `listeners hear of it, and the payment is asked for`() throws {
        let order = try place(items)
        #expect(mesh.emitted.map(\.event) == ["order.placed"])
        #expect(try mesh.emitted[0].decoded() == OrderPlaced(id: order.id, customer: "ada", total: order.total))
        #expect(mesh.sent.map(\.target) == ["shop.Payments/capture"])
        #expect(mesh.sent[0].json == #"{"order":"order-1","amount":"60.47"}"#)
    }

    @Test func `an empty order is refused`() {
        #expect(throws: MeshError("EMPTY_ORDER", "an order needs at least one item")) { try place([]) }
        #expect(mesh.emitted.isEmpty && mesh.sent.isEmpty)
    }

    @Test func `what is sold out is named`() {
        mesh.configuration["soldOut"] = "umbrella,kite"
        let error = #expect(throws: MeshError.self) { try place(items) }
        #expect(error?.code == "OUT_OF_STOCK")
        #expect(error?.details == ["skus": ["kite"]])
    }

    private func place(_ items: [Item]) throws -> Order {
        try Orders().place(order: NewOrder(customer: "ada", items: items), mesh: OrdersContext(mesh))
    }
}

@Suite struct FollowingAnOrder {
    private let mesh = TestMesh(key: "order-1")
    private let context: OrdersContext

    init() {
        context = OrdersContext(mesh)
        context.state = Order(
            id: "order-1", customer: "ada", items: [], total: "60.47", status: .placed, placedAt: mesh.now)
    }

    @Test func `a captured payment makes it paid`() throws {
        try Orders().onPaymentCaptured(event: PaymentCaptured(order: "order-1", amount: "60.47"), mesh: context)
        #expect(context.state?.status == .paid)
    }

    @Test func `too small a payment doesn't`() {
        let error = #expect(throws: MeshError.self) {
            try Orders().onPaymentCaptured(event: PaymentCaptured(order: "order-1", amount: "60.40"), mesh: context)
        }
        #expect(error?.code == "UNDERPAID")
        #expect(error?.details?["missing"]?.string == "0.07")
        #expect(context.state?.status == .placed)
    }

    @Test func `cancelling twice tells listeners once`() throws {
        _ = try Orders().cancel(id: "order-1", reason: "rain", mesh: context)
        _ = try Orders().cancel(id: "order-1", reason: nil, mesh: context)
        #expect(context.state?.status == .cancelled)
        #expect(try mesh.emitted.map { try $0.decoded(as: OrderCancelled.self).reason } == ["rain"])
    }

    @Test func `a paid order can't be cancelled`() {
        context.state?.status = .paid
        let error = #expect(throws: MeshError.self) {
            try Orders().cancel(id: "order-1", reason: nil, mesh: context)
        }
        #expect(error?.code == "FAILED_PRECONDITION")
    }

    @Test func `a payment for an unknown order is only noted`() throws {
        context.state = nil
        try Orders().onPaymentCaptured(event: PaymentCaptured(order: "order-1", amount: "1"), mesh: context)
        #expect(context.state == nil)
        #expect(mesh.logged.map(\.level) == [.warning])
    }
}
