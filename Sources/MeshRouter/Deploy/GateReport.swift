import MeshCore

/// What a new package would break of what is there: open workflows, stored state, messages under way.
struct GateReport: Sendable {
    /// One of them, and why.
    struct Finding: Sendable, Equatable {
        var id: String
        var message: String
    }

    /// What was looked at of one kind, for one service.
    struct Check: Sendable {
        enum Subject: String, Sendable { case workflows, state, messages }

        var subject: Subject
        var service: String
        /// How many there are; nil where nobody counted.
        var total: Int?
        var checked = 0
        /// How many of them would break.
        var broken = 0
        /// Workflows that differ and aren't broken by it: stuck already, or left on their own package by an earlier deploy.
        var apart = 0
        /// The first of those that would break.
        var findings: [Finding] = []
        /// False where the time was over before all (of the sample) had been looked at.
        var isComplete = true

        mutating func add(_ id: String, _ message: String) {
            broken += 1
            if findings.count < Check.maximumFindings { findings.append(Finding(id: id, message: message)) }
        }

        static let maximumFindings = 20
    }

    var checks: [Check] = []
    var sample: Int?
    /// How long it was allowed to take.
    var bound: Duration

    var broken: Int { checks.reduce(0) { $0 + $1.broken } }
    var isComplete: Bool { checks.allSatisfy(\.isComplete) }

    /// Throws where something would break, or wasn't looked at in time, and nobody said that it may.
    func requirePermission(isForced: Bool) throws(MeshError) {
        guard !isForced, broken > 0 || !isComplete else { return }
        let details = JSONWriter.object { write(to: &$0) }
        guard let check = checks.first(where: { $0.broken > 0 }), let first = check.findings.first else {
            throw MeshError(
                .failedPrecondition,
                "\(unfinished) weren't checked within \(bound): deploy with --sample N, or with --force",
                details: details)
        }
        throw MeshError(
            .failedPrecondition,
            "this package breaks \(summary); the first: \(first.id): \(first.message). Change it (a patch marker, a field that may be null), or deploy with --force",
            details: details)
    }

    /// `2 open workflows of shop.Orders and 3 states of shop.Orders`.
    private var summary: String {
        checks.filter { $0.broken > 0 }.map { check in
            switch check.subject {
            case .workflows: "\(check.broken) open workflows of \(check.service)"
            case .state: "\(check.broken) states of \(check.service)"
            case .messages: "\(check.broken) messages that wait for \(check.service)"
            }
        }.joined(separator: " and ")
    }

    private var unfinished: String {
        checks.filter { !$0.isComplete }.map { "all \($0.subject.rawValue) of \($0.service)" }.joined(
            separator: " and ")
    }

    /// The members `sample`, `complete`, `broken` and `checks`.
    func write(to writer: inout JSONWriter) {
        writer.member("sample") { $0.raw(sample.map(String.init) ?? "null") }
        writer.member("complete", isComplete)
        writer.member("broken", broken)
        writer.member("checks") { writer in
            writer.array(checks) { writer, check in
                writer.object { writer in
                    writer.member("subject", check.subject.rawValue)
                    writer.member("service", check.service)
                    writer.member("total") { $0.raw(check.total.map(String.init) ?? "null") }
                    writer.member("checked", check.checked)
                    writer.member("broken", check.broken)
                    writer.member("apart", check.apart)
                    writer.member("complete", check.isComplete)
                    writer.member("findings") { writer in
                        writer.array(check.findings) { writer, finding in
                            writer.object { writer in
                                writer.member("id", finding.id)
                                writer.member("message", finding.message)
                            }
                        }
                    }
                }
            }
        }
    }
}
