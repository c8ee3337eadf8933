import MeshCore
import TestSupport
import Testing

@testable import MeshRouter

@Suite struct WaitingCallsTests {
    private func at(_ second: Int64) -> Timestamp { Timestamp(microseconds: second * 1_000_000) }

    @Test func `an answer reaches the call that waits for it`() async {
        let calls = WaitingCalls(limit: 10)
        #expect(calls.register("a", until: at(10)))
        async let outcome = calls.outcome(of: "a")
        #expect(calls.resolve("a", .answer([1])))
        #expect(await outcome == .answer([1]))
        #expect(calls.count == 0)
    }

    @Test func `an answer that comes before it is asked for isn't lost`() async {
        let calls = WaitingCalls(limit: 10)
        #expect(calls.register("a", until: at(10)))
        calls.resolve("a", .answer([1]))
        calls.resolve("a", .answer([2]))
        #expect(await calls.outcome(of: "a") == .answer([1]))
        #expect(calls.count == 0)
    }

    @Test func `an answer nobody waits for is told apart`() {
        let calls = WaitingCalls(limit: 10)
        #expect(!calls.resolve("a", .answer([])))
    }

    @Test func `the bound holds, and room comes back`() async {
        let calls = WaitingCalls(limit: 2)
        #expect(calls.register("a", until: at(1)))
        #expect(calls.register("b", until: at(1)))
        #expect(!calls.register("c", until: at(1)))
        calls.forget("a")
        #expect(calls.register("c", until: at(1)))
    }

    @Test func `a deadline ends the waiting, and only from its moment on`() async {
        let calls = WaitingCalls(limit: 10)
        #expect(calls.register("a", until: at(5)))
        #expect(calls.register("b", until: at(7)))
        #expect(calls.expire(at: at(4)) == at(5))
        async let outcome = calls.outcome(of: "a")
        #expect(calls.expire(at: at(5)) == at(7))
        #expect(await outcome == .timedOut)
        #expect(calls.count == 1)
        #expect(calls.expire(at: at(7)) == nil)
        #expect(await calls.outcome(of: "b") == .timedOut)
    }

    @Test func `a caller that goes away leaves nothing behind`() async throws {
        let calls = WaitingCalls(limit: 10)
        #expect(calls.register("a", until: at(5)))
        let task = Task { await calls.outcome(of: "a") }
        task.cancel()
        #expect(await task.value == .abandoned)
        #expect(calls.count == 0)
    }

    @Test func `stopping ends what waits and what comes later`() async {
        let calls = WaitingCalls(limit: 10)
        #expect(calls.register("a", until: at(5)))
        calls.stop()
        #expect(await calls.outcome(of: "a") == .stopping)
        #expect(calls.register("b", until: at(5)))
        #expect(await calls.outcome(of: "b") == .stopping)
    }

    @Test func `twenty thousand calls wait at once and each gets its own answer`() async {
        let calls = WaitingCalls(limit: 20_000)
        let wrong = await withTaskGroup(of: Bool.self) { group in
            for index in 0..<20_000 {
                #expect(calls.register("\(index)", until: at(60)))
                group.addTask { await calls.outcome(of: "\(index)") == .answer(Array("\(index)".utf8)) }
            }
            #expect(!calls.register("more", until: at(60)))
            for index in (0..<20_000).reversed() { calls.resolve("\(index)", .answer(Array("\(index)".utf8))) }
            var wrong = 0
            for await isRight in group where !isRight { wrong += 1 }
            return wrong
        }
        #expect(wrong == 0)
        #expect(calls.count == 0)
    }

    @Test func `deadlines come in order whatever order they went in`() {
        var seed = Seed()
        for _ in 0..<100 {
            var heap = DeadlineHeap()
            var expected: [Int64] = []
            for index in 0..<seed.integer(in: 0...60) {
                let second = Int64(seed.integer(in: 0...20))
                let isKept = seed.chance(0.7)
                heap.insert(.init(deadline: at(second), id: "\(isKept ? "keep" : "drop")\(index)"))
                if isKept { expected.append(second) }
            }
            heap.prune { $0.hasPrefix("keep") }
            var popped: [Int64] = []
            while let entry = heap.popDue(at: at(100)) { popped.append(entry.deadline.microseconds / 1_000_000) }
            #expect(popped == expected.sorted())
        }
    }
}
