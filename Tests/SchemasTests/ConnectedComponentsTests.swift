import Testing

@testable import Schemas

@Suite struct ConnectedComponentsTests {
    @Test func `two vertices share a component exactly where each reaches the other`() {
        for seed in UInt64(1)...300 {
            var random = SeededGenerator(seed: seed)
            let count = 1 + random.below(12)
            let edges = (0..<count).map { _ in (0..<random.below(4)).map { _ in random.below(count) } }
            let component = ConnectedComponents(edges).component
            let reached = (0..<count).map { vertices(reachedFrom: $0, edges) }
            for one in 0..<count {
                for other in 0..<count {
                    let isShared = reached[one].contains(other) && reached[other].contains(one)
                    #expect(
                        (component[one] == component[other]) == isShared, "seed \(seed): \(one), \(other) of \(edges)")
                }
            }
        }
    }

    private func vertices(reachedFrom start: Int, _ edges: [[Int]]) -> Set<Int> {
        var seen: Set = [start]
        var open = [start]
        while let vertex = open.popLast() {
            for target in edges[vertex] where seen.insert(target).inserted { open.append(target) }
        }
        return seen
    }

    @Test func `a chain of many vertices takes no stack`() {
        let length = 200_000
        let component = ConnectedComponents((0..<length).map { [($0 + 1) % length] }).component
        #expect(Set(component).count == 1)
    }
}
