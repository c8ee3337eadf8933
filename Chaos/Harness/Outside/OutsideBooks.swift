/// What the outside must have seen, from what workflows say that they told it. Pure.
package struct OutsideBooks: Sendable {
    /// How a workflow tells of its transfer.
    package enum Manner: String, Sendable {
        /// Without another attempt: the outside hears of it once at most.
        case once
        /// Until it is answered.
        case surely
    }

    /// A request that came.
    package struct Visit: Sendable, Equatable {
        /// `/<manner>/<transfer>`.
        package var path: String
        package var key: String
        /// True where it was answered with 200, in time or not.
        package var isAnswered: Bool

        package init(path: String, key: String, isAnswered: Bool = true) {
            self.path = path
            self.key = key
            self.isAnswered = isAnswered
        }
    }

    /// A call of a workflow, as its journal has it.
    package struct Call: Sendable {
        package var manner: Manner
        package var attempts: Int
        /// True where the workflow has an answer, false where it gave up.
        package var isAnswered: Bool

        package init(_ manner: Manner, attempts: Int = 1, isAnswered: Bool = true) {
            self.manner = manner
            self.attempts = attempts
            self.isAnswered = isAnswered
        }
    }

    package var visits: [Visit]
    /// By transfer.
    package var calls: [String: Call]

    package init(visits: [Visit], calls: [String: Call]) {
        self.visits = visits
        self.calls = calls
    }

    /// What is wrong with them, each a sentence; for when nothing is under way any more.
    package func check() -> [String] {
        var violations: [String] = []
        let byPath = Dictionary(grouping: visits, by: \.path)
        for (id, call) in calls.sorted(by: { $0.key < $1.key }) {
            violations += wrong(id, call, byPath["/\(call.manner.rawValue)/\(id)"] ?? [])
        }
        let expected = Set(calls.map { "/\($1.manner.rawValue)/\($0)" })
        for path in byPath.keys.sorted() where !expected.contains(path) {
            violations.append("the outside was asked for \(path), and no journal has that call")
        }
        let owners = Dictionary(grouping: visits, by: \.key).mapValues { Set($0.map(\.path)).sorted() }
        for (key, paths) in owners.sorted(by: { $0.key < $1.key }) where paths.count > 1 {
            violations.append("the Idempotency-Key \(key) came with \(paths.joined(separator: " and "))")
        }
        return violations
    }

    private func wrong(_ id: String, _ call: Call, _ visits: [Visit]) -> [String] {
        var wrong: [String] = []
        if visits.count > call.attempts {
            wrong.append("the outside was told \(visits.count) times of \(id), in \(call.attempts) attempts")
        }
        let keys = Set(visits.map(\.key))
        if keys.contains("") { wrong.append("the outside was told of \(id) without an Idempotency-Key") }
        if keys.count > 1 { wrong.append("the attempts to tell of \(id) had \(keys.count) keys") }
        if call.isAnswered, !visits.contains(where: \.isAnswered) {
            wrong.append("the workflow \(id) has an answer that the outside never gave")
        }
        if !call.isAnswered, call.manner == .surely {
            wrong.append("the workflow \(id) gave up telling after \(call.attempts) attempts")
        }
        return wrong
    }
}
