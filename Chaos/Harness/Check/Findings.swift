/// What a look at the mesh found: what must never be, and what isn't there yet.
package struct Findings: Sendable {
    /// Broken promises, each a sentence with its facts.
    package var violations: [String] = []
    /// What was accepted and isn't done yet; a violation where it stays so.
    package var pending: [String] = []

    package init() {}

    package var isSettled: Bool { pending.isEmpty }

    mutating func add(_ other: Findings) {
        violations += other.violations
        pending += other.pending
    }

    /// Of many alike, the first few.
    package static func shortened(_ lines: [String], to limit: Int = 20) -> [String] {
        lines.count <= limit ? lines : Array(lines.prefix(limit)) + ["… and \(lines.count - limit) more"]
    }
}
