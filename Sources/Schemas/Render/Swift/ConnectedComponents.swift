/// The strongly connected components of a directed graph, in linear time (Sharir, "A strong-connectivity algorithm", 1981).
struct ConnectedComponents {
    /// By vertex: a number that all vertices of its component have.
    let component: [Int]

    /// - Parameter edges: by vertex, where its edges lead.
    init(_ edges: [[Int]]) {
        var reversed = [[Int]](repeating: [], count: edges.count)
        for (vertex, targets) in edges.enumerated() {
            for target in targets { reversed[target].append(vertex) }
        }
        var component = [Int](repeating: -1, count: edges.count)
        for root in ConnectedComponents.finished(edges).reversed() where component[root] < 0 {
            var open = [root]
            while let vertex = open.popLast() {
                guard component[vertex] < 0 else { continue }
                component[vertex] = root
                open += reversed[vertex]
            }
        }
        self.component = component
    }

    /// All vertices, each behind those that were first reached from it, depth first.
    private static func finished(_ edges: [[Int]]) -> [Int] {
        var order: [Int] = []
        var isSeen = [Bool](repeating: false, count: edges.count)
        for root in edges.indices where !isSeen[root] {
            isSeen[root] = true
            var path = [(vertex: root, next: 0)]
            while let (vertex, next) = path.last {
                guard next < edges[vertex].count else {
                    order.append(vertex)
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next += 1
                let target = edges[vertex][next]
                if !isSeen[target] {
                    isSeen[target] = true
                    path.append((target, 0))
                }
            }
        }
        return order
    }
}
