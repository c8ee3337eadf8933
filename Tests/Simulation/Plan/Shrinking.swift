/// Makes a failing plan smaller: as few messages and faults as still make it fail (Zeller, "Simplifying and isolating failure-inducing input").
enum Shrinking {
    /// The smallest plan that was found within a bound of runs, and why it fails.
    static func shrink(_ plan: Plan, _ violation: Violation, run: (Plan) -> Violation?) -> (Plan, Violation) {
        var best = plan
        var reason = violation
        var runs = 0
        func fails(_ candidate: Plan) -> Bool {
            guard runs < 200 else { return false }
            runs += 1
            guard let found = run(candidate) else { return false }
            best = candidate
            reason = found
            return true
        }
        func drop<Item>(_ path: WritableKeyPath<Plan, [Item]>) {
            var size = max(1, best[keyPath: path].count / 2)
            while true {
                var at = 0
                while at < best[keyPath: path].count {
                    var candidate = best
                    candidate[keyPath: path].removeSubrange(at..<min(at + size, best[keyPath: path].count))
                    // What is left has moved up to the same place.
                    if !fails(candidate) { at += size }
                }
                if size == 1 { return }
                size /= 2
            }
        }
        var before = -1
        while before != best.faults.count + best.submissions.count, runs < 200 {
            before = best.faults.count + best.submissions.count
            drop(\.faults)
            drop(\.submissions)
        }
        return (best, reason)
    }
}

extension Plan {
    /// A job and what it leads to, for people.
    func text(of id: String) -> String {
        guard let spec = jobs[id] else { return id }
        let children = spec.children.map { text(of: $0) }
        return "\(id) \(spec.kind) \(spec.key) \(spec.fate)" + (children.isEmpty ? "" : " -> \(children)")
    }
}
