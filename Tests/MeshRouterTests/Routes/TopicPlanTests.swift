import TestSupport
import Testing

@testable import MeshRouter

@Suite struct TopicPlanTests {
    private func plan(recorded: Int32?, present: Int32?) -> TopicPlan {
        TopicPlan(
            wanted: ["t"], partitions: 16, recorded: recorded.map { ["t": $0] } ?? [:],
            present: present.map { ["t": $0] } ?? [:])
    }

    @Test func `a topic nobody knows is created with the mesh's count`() {
        #expect(plan(recorded: nil, present: nil).create == ["t": 16])
    }

    @Test func `a topic that is there with the right count is taken over`() {
        #expect(plan(recorded: nil, present: 16).record == ["t": 16])
    }

    @Test func `a topic that is there with another count is refused with the reason and what to do`() throws {
        let reason = try #require(plan(recorded: nil, present: 3).refused["t"])
        #expect(reason.contains("3 partitions") && reason.contains("16") && reason.contains("Delete or rename"))
    }

    @Test func `a recorded topic keeps its own count`() {
        #expect(plan(recorded: 8, present: 8).ready == ["t": 8])
    }

    @Test func `a changed partition count is refused with the reason and what to do`() throws {
        let reason = try #require(plan(recorded: 16, present: 32).refused["t"])
        #expect(reason.contains("32") && reason.contains("16") && reason.contains("Create it anew"))
    }

    @Test func `a recorded topic that is missing means a lost broker`() {
        #expect(plan(recorded: 8, present: nil).lost == ["t": 8])
    }

    @Test func `each wanted topic has exactly one fate, and others have none`() {
        var seed = Seed()
        for _ in 0..<200 {
            let names = (0..<seed.integer(in: 0...8)).map { "t\($0)" }
            var recorded: [String: Int32] = ["other": 1]
            var present: [String: Int32] = ["else": 2]
            for name in names {
                if seed.chance(0.5) { recorded[name] = Int32(seed.integer(in: 1...3)) }
                if seed.chance(0.5) { present[name] = Int32(seed.integer(in: 1...3)) }
            }
            let plan = TopicPlan(wanted: names, partitions: 2, recorded: recorded, present: present)
            let fates =
                Array(plan.create.keys) + Array(plan.record.keys) + Array(plan.lost.keys) + Array(plan.ready.keys)
                + Array(plan.refused.keys)
            #expect(fates.sorted() == names.sorted())
        }
    }
}
