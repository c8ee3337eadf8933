import Mesh
import Testing

@testable import Workflows

@Suite struct CallingOthers {
    private let test = WorkflowTest(MeshModule.self)

    @Test func `local steps and calls follow one another`() throws {
        #expect(try test.run(Calls.sequence(id: "a", item: "kite")) == "40 asked")
        #expect(
            test.journal(of: "a").map(\.description) == [
                "started examples.Calls/sequence", "local examples.Calls/note", "answered examples.Calls/note",
                "call examples.Supplier/quote [ask acme]", "answered examples.Supplier/quote",
                "local examples.Calls/note", "answered examples.Calls/note", "completed",
            ])
        #expect(try test.state(of: "examples.Calls", "a", as: Progress.self)?.lines == 2)
    }

    @Test func `a retryable error is tried again by the callee, and time passes`() throws {
        let start = test.now
        #expect(try test.run(Calls.sequence(id: "a", item: "flaky")) == "40 asked")
        #expect(test.now == start + .milliseconds(300))
    }

    @Test func `what the callee gives up is tried again by the caller`() throws {
        test.fail("examples.Supplier/quote", with: .unavailable("closed"), times: 3)
        #expect(try test.run(Calls.sequence(id: "a", item: "kite")) == "40 asked")
        #expect(test.journal(of: "a").filter { $0.kind == .retried }.count == 3)
    }

    @Test func `out of attempts the error is the callee's own`() throws {
        test.fail("examples.Supplier/quote", with: .unavailable("closed"))
        let error = #expect(throws: MeshError.self) { try test.run(Calls.sequence(id: "a", item: "kite")) }
        #expect(error?.code == "PROVIDER_UNAVAILABLE")
    }

    @Test func `a call that takes too long is DEADLINE_EXCEEDED`() throws {
        test.ignore("examples.Supplier/quote")
        let start = test.now
        let error = #expect(throws: MeshError.self) { try test.run(Calls.sequence(id: "a", item: "kite")) }
        #expect(error?.code == "DEADLINE_EXCEEDED")
        #expect(test.now == start + .seconds(30))
    }

    @Test func `an error is caught by its code`() throws {
        #expect(try test.run(Calls.substitute(id: "a", item: "nothing")) == "other")
        #expect(try test.run(Calls.substitute(id: "b", item: "kite")) == "acme")
    }

    @Test func `all, any and race`() throws {
        #expect(try test.run(Calls.all(id: "a", suppliers: ["x", "yy", "zzz"])) == 60)

        test.fail("examples.Supplier/quote", with: MeshError("SOLD_OUT", "no"), times: 1)
        test.answer("examples.Supplier/quote", after: .seconds(3), times: 1) { _ in Quote(supplier: "slow", price: 1) }
        #expect(try test.run(Calls.any(id: "b", suppliers: ["x", "yy", "zzz"])) == "zzz")

        test.answer("examples.Supplier/quote", after: .seconds(3), times: 1) { _ in Quote(supplier: "slow", price: 1) }
        #expect(try test.run(Calls.race(id: "c", suppliers: ["x", "yy"])) == "yy")

        test.ignore("examples.Supplier/quote", times: 2)
        #expect(try test.run(Calls.race(id: "d", suppliers: ["x", "yy"])) == nil)
    }

    @Test func `a group hands out results as they come, and gives up the rest`() throws {
        for (delay, price) in [(4, 1), (1, 9), (2, 7), (3, 8)] {
            test.answer("examples.Supplier/quote", after: .seconds(delay), times: 1) { _ in
                Quote(supplier: "after \(delay)", price: Decimal(price))
            }
        }
        let best = try test.run(Calls.best(id: "a", suppliers: ["1", "2", "3", "4"], enough: 2))
        #expect(best == Quote(supplier: "after 2", price: 7))
        #expect(test.journal(of: "a").filter { $0.kind == .cancel }.count == 2)
    }

    @Test func `a thousand calls at the same time`() throws {
        #expect(try test.run(Calls.fanOut(id: "a", count: 1000)) == 1_001_000)
    }

    @Test func `more calls at a time than the mesh lets be open are refused`() throws {
        let error = #expect(throws: MeshError.self) { try test.run(Calls.fanOut(id: "a", count: 20_001)) }
        #expect(error?.code == "RESOURCE_EXHAUSTED")
        #expect(error?.message == "20000 operations are open; that is the limit")
    }

    @Test func `the result is the same wherever it crashes`() throws {
        func run(_ crashes: Set<Int>) throws -> (String, [String], Int) {
            let test = WorkflowTest(MeshModule.self)
            test.crashes = crashes
            let result = try test.run(Calls.sequence(id: "a", item: "flaky"))
            return (result, test.journal(of: "a").map(\.description), test.operationCount)
        }
        let calm = try run([])
        for place in 1...calm.2 {
            let crashed = try run([place])
            #expect(crashed.0 == calm.0 && crashed.1 == calm.1, "after operation \(place)")
        }
    }
}

@Suite struct PassingTime {
    private let test = WorkflowTest(MeshModule.self)

    @Test func `days pass at once`() throws {
        let start = test.now
        let times = try test.run(Clocks.remind(id: "a", days: 3))
        #expect(times == [start, start + .days(1), start + .days(2), start + .days(3)])
    }

    @Test func `a die falls the same way in each replay`() throws {
        let rolls = try test.run(Clocks.roll(id: "a", times: 5))
        #expect(rolls.count == 5 && Set(rolls).isSubset(of: Set(1...6)))
        #expect(try WorkflowTest(MeshModule.self).run(Clocks.roll(id: "a", times: 5)) == rolls)
        #expect(try test.run(Clocks.roll(id: "b", times: 20)) != test.run(Clocks.roll(id: "c", times: 20)))
    }
}
