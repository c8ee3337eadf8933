import Mesh
import Testing

@testable import Workflows

@Suite struct TakingBack {
    private let test = WorkflowTest(MeshModule.self)

    @Test func `a trip is booked`() throws {
        #expect(try test.run(Trips.book(id: "t", items: ["boat", "car"], price: 900)) == ["hold-boat", "hold-car"])
        #expect(test.journal(of: "t").allSatisfy { !$0.isCompensation })
    }

    @Test func `what was reserved is released in reverse order when paying fails`() throws {
        let error = #expect(throws: MeshError.self) {
            try test.run(Trips.book(id: "t", items: ["boat", "car"], price: 1001))
        }
        #expect(error?.code == "DECLINED")
        #expect(test.logged.map(\.text) == ["released hold-car", "released hold-boat"])
        #expect(
            test.journal(of: "t").filter(\.isCompensation).map(\.description) == [
                "call examples.Supplier/release [undo reserve car]",
                "call examples.Supplier/release [undo reserve boat]",
            ])
    }

    @Test func `a payment of which nobody knows is taken back too`() throws {
        test.ignore("examples.Supplier/pay")
        let error = #expect(throws: MeshError.self) {
            try test.run(Trips.book(id: "t", items: ["boat"], price: 10))
        }
        #expect(error?.code == "DEADLINE_EXCEEDED")
        #expect(test.logged.map(\.text) == ["refunded 10 to t", "released hold-boat"])
    }

    @Test func `a compensation is tried again, and one that fails for good is told`() throws {
        test.fail("examples.Supplier/release", with: .unavailable("busy"), times: 3)
        #expect(throws: MeshError.self) { try test.run(Trips.book(id: "t", items: ["boat"], price: 1001)) }
        #expect(test.logged.map(\.text) == ["released hold-boat"])

        test.fail("examples.Supplier/release", with: MeshError("GONE", "no such hold"), times: 1)
        let error = #expect(throws: MeshError.self) {
            try test.run(Trips.book(id: "u", items: ["boat", "car"], price: 1001))
        }
        #expect(error?.code == "COMPENSATION_FAILED")
        #expect(error?.details?["cause"] == "DECLINED")
        #expect(test.logged.map(\.text).last == "released hold-boat")
    }

    @Test func `a cancelled trip is taken back`() throws {
        test.ignore("examples.Supplier/pay")
        test.cancel("t", after: .seconds(1))
        let error = #expect(throws: MeshError.self) { try test.run(Trips.book(id: "t", items: ["boat"], price: 10)) }
        #expect(error?.isCancelled == true)
        #expect(test.logged.map(\.text) == ["refunded 10 to t", "released hold-boat"])
    }

    @Test func `every reservation is released once wherever it crashes`() throws {
        var place = 0
        while true {
            place += 1
            let test = WorkflowTest(MeshModule.self)
            test.crashes = [place]
            #expect(throws: MeshError.self) { try test.run(Trips.book(id: "t", items: ["boat", "car"], price: 1001)) }
            #expect(test.logged.map(\.text) == ["released hold-car", "released hold-boat"], "after operation \(place)")
            if place > test.operationCount { break }
        }
    }
}

@Suite struct Pipelines {
    private let test = WorkflowTest(MeshModule.self)
    private let parcel = Parcel(weight: 3, express: false, gift: false, price: 0, steps: [])

    @Test func `steps run in order, and what isn't needed is skipped`() throws {
        let sent = try test.run(Parcels.send(id: "p", parcel: parcel))
        #expect(sent.steps == ["weighed", "loaded"] && sent.price == 5)
    }

    @Test func `the first scope that holds runs, with labels in the journal`() throws {
        var parcel = parcel
        (parcel.express, parcel.gift) = (true, true)
        let sent = try test.run(Parcels.send(id: "p", parcel: parcel))
        #expect(sent.steps == ["weighed", "wrapped", "customs"] && sent.price == 75)
        #expect(test.journal(of: "p").compactMap(\.label) == ["parcel/insure", "parcel/route/customs"])
    }

    @Test func `a step may stop the rest`() throws {
        var parcel = parcel
        parcel.weight = 31
        #expect(try test.run(Parcels.send(id: "p", parcel: parcel)).steps == ["weighed"])
    }

    @Test func `a plan is shown before it runs`() throws {
        let plan = try test.call(Parcels.plan(parcel: parcel))
        #expect(
            plan == """
                weigh
                wrap: skipped, no gift
                advertise: nothing to do
                insure
                route: by truck
                  load

                """)
    }

    @Test func `all that is wrong is found without running`() {
        var pipeline = Pipeline<Parcel, ParcelsWorkflow>("wrong")
        pipeline.step("pay") { $0.needs("price") }
        pipeline.step("weigh") { step in
            step.provides("price")
            step.on { _, _ in }
        }
        pipeline.step("weigh", after: "weigh") { step in
            step.needs("scales")
            step.on { _, _ in }
            step.scope("x", when: { _ in true }, named: "nowhere", in: PipelineRegistry())
        }
        #expect(
            pipeline.problems() == [
                "wrong: the step pay has no handler; add one, or mark it as optional",
                "wrong: the step pay needs price, which weigh provides too late",
                "wrong: the step weigh is there twice", "wrong: the step weigh needs scales, which nothing provides",
                "the scope x names the pipeline nowhere, which isn't registered",
            ])
        #expect(throws: MeshError.self) { try pipeline.check() }
    }

    @Test func `a pipeline that names itself is looked into once, and not for ever`() throws {
        let routes = PipelineRegistry<Parcel, ParcelsWorkflow>()
        var hop = Pipeline<Parcel, ParcelsWorkflow>("hop")
        hop.step("fly") { step in
            step.needs("ticket")
            step.on { parcel, _ in parcel.weight -= 1 }
            // What its runs are ended by, neither a check nor a plan changes.
            step.scope("again", when: { $0.weight > 0 }, named: "hop", in: routes)
        }
        routes.register(hop)
        var route = Pipeline<Parcel, ParcelsWorkflow>("route")
        route.step("travel") { $0.scope("by plane", when: { _ in true }, named: "hop", in: routes) }
        #expect(route.problems() == ["hop: the step fly needs ticket, which nothing provides"])
        try route.check(given: ["ticket"])
        #expect(
            route.plan(for: parcel).description == """
                travel: by plane
                  fly: again

                """)
    }
}
