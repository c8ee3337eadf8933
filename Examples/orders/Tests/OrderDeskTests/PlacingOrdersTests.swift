import Mesh
import Testing

@testable import OrderDesk

@Suite struct PlacingOrders {
    private let test = WorkflowTest(MeshModule.self)

    @Test func `an order is reserved, paid, packed and shipped`() throws {
        let start = test.now
        let order = try test.run(Orders.place(id: "o-1", item: "kite", amount: "60.47"))
        #expect(order.status == .shipped)
        #expect(test.now == start + .seconds(5))
        #expect(try test.call(Warehouse.stock(item: "kite"))?.left == 9)
    }

    @Test func `a busy bank is asked again`() throws {
        test.fail("desk.Payments/capture", with: .unavailable("the line is dead"), times: 2)
        #expect(try test.run(Orders.place(id: "o-1", item: "kite", amount: "59.99")).status == .shipped)
        let retried = test.journal(of: "o-1").filter { $0.kind == .retried }
        #expect(retried.map(\.name) == ["desk.Payments/capture", "desk.Payments/capture"])
    }

    @Test func `a large order waits for its approval`() throws {
        try test.start(Orders.place(id: "o-1", item: "boat", amount: 5000))
        try test.advance(by: .hours(3))
        #expect(try test.call(Orders.status(id: "o-1"))?.status == .awaitingApproval)

        test.signal(Orders.approve(id: "o-1", by: "ada"))
        let order = try test.result(of: Orders.place(id: "o-1", item: "boat", amount: 5000), key: "o-1")
        #expect(order.status == .shipped && order.approvedBy == "ada")
    }

    @Test func `nobody approves, and what was reserved is released`() throws {
        let error = #expect(throws: MeshError.self) {
            try test.run(Orders.place(id: "o-1", item: "boat", amount: 5000))
        }
        #expect(error?.code == "NOT_APPROVED")
        #expect(try test.call(Warehouse.stock(item: "boat"))?.left == 10)
        #expect(try test.call(Orders.status(id: "o-1"))?.status == .cancelled)
    }

    @Test func `a declined payment takes the reservation back`() throws {
        let error = #expect(throws: MeshError.self) { try test.run(Orders.place(id: "o-1", item: "kite", amount: 666)) }
        #expect(error?.code == "DECLINED")
        #expect(
            test.journal(of: "o-1").filter(\.isCompensation).map(\.description) == [
                "call desk.Warehouse/release [undo reserve]"
            ])
        #expect(try test.call(Warehouse.stock(item: "kite"))?.left == 10)
    }

    @Test func `a bank that never answers is given up, and the money given back`() throws {
        test.ignore("desk.Payments/capture")
        let error = #expect(throws: MeshError.self) { try test.run(Orders.place(id: "o-1", item: "kite", amount: 60)) }
        #expect(error?.code == "DEADLINE_EXCEEDED")
        let undone = test.journal(of: "o-1").filter(\.isCompensation).compactMap(\.label)
        #expect(undone == ["pay", "reserve"])
    }

    @Test func `the last kite goes once, wherever the worker dies`() throws {
        var place = 0
        repeat {
            place += 1
            let test = WorkflowTest(MeshModule.self)
            test.crashes = [place, place + 3]
            let order = try test.run(Orders.place(id: "o-1", item: "kite", amount: "59.99"))
            #expect(order.status == .shipped, "after operation \(place)")
            #expect(try test.call(Warehouse.stock(item: "kite"))?.left == 9, "after operation \(place)")
            if place > test.operationCount { break }
        } while true
    }
}
