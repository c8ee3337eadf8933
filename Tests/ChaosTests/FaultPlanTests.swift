import Chaos
import Testing

/// What is done, when and to whom follows from the seed.
@Suite struct FaultPlanTests {
    private func plan(_ seed: UInt64) -> [String] {
        FaultPlan.make(seed: seed, round: 2, kinds: FaultKind.allCases, duration: .seconds(60), gap: .seconds(1)).map {
            "\($0)"
        }
    }

    @Test func `a seed gives the same faults again, another one others`() {
        #expect(plan(7) == plan(7))
        #expect(plan(7) != plan(8))
    }

    @Test func `every kind comes, and several at once`() {
        let faults = FaultPlan.make(
            seed: 1, round: 1, kinds: FaultKind.allCases, duration: .seconds(600), gap: .seconds(1))
        #expect(Set(faults.map(\.kind)) == Set(FaultKind.allCases))
        let overlaps = zip(faults, faults.dropFirst()).count { $0.at + $0.hold > $1.at }
        #expect(overlaps > faults.count / 3)
    }
}
