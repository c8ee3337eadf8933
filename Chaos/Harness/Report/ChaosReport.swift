internal import Foundation

/// What a run did and found.
package struct ChaosReport: Sendable {
    package struct Round: Sendable {
        package var number: Int
        package var length: Duration
        package var faults: Int
        /// From the last fault until everything that was accepted was done.
        package var settling: Duration
        package var violations: [String]
    }

    var options: ChaosOptions
    package var folder: String
    package var rounds: [Round] = []
    package var violations: [String] = []
    var faults: [FaultRecord] = []
    var endings: [ProcessSlot.Ending] = []
    var work = WorkLog.Counts()
    var numbers: [(name: String, value: String)] = []
    /// What the checker's own consumer read.
    var records = 0
    /// How often the broker lost everything.
    var losses = 0
    /// Faults that this machine doesn't allow, and why.
    var missing: [FaultKind: String]

    init(options: ChaosOptions, folder: String, missing: [FaultKind: String]) {
        self.options = options
        self.folder = folder
        self.missing = missing
    }

    /// The report as markdown.
    package var text: String {
        let chaos = rounds.reduce(Duration.zero) { $0 + $1.length }
        var lines = [
            "# Chaos: \(violations.isEmpty ? "no violation" : "\(violations.count) VIOLATIONS")", "",
            "Seed \(options.seed), \(rounds.count) rounds, \(chaos.text) under faults, \(done.count) faults. \(Self.machine)",
            "",
        ]
        if !violations.isEmpty {
            lines += ["## Violations", ""] + Findings.shortened(violations, to: 50).map { "- \($0)" }
            lines += ["", "Evidence: `\(folder)`", ""]
        }
        lines += ["| work | |", "|---|---|"] + numbers.map { "| \($0.name) | \($0.value) |" }
        lines += [
            "| records read by the checker's consumer | \(records) |",
            "| times the broker lost its topics | \(losses) |",
            "| SQL transactions, failed or unknown | \(work.sqlTransactions), \(work.sqlFailures) |",
            "| HTTP requests | \(work.requests) |",
        ]
        lines += work.statuses.sorted { $0.key < $1.key }.map { "| · \($0.key) | \($0.value) |" }
        lines += [
            "",
            "Recovery is the time from a fault's begin (so it includes what it was kept up) until every partition did a probe, and every router answered a call, that came after it.",
            "",
        ]
        lines += faultTable
        lines += ["", "| round | faults | settled in |", "|---|---|---|"]
        lines += rounds.map { "| \($0.number), \($0.length.text) | \($0.faults) | \($0.settling.text) |" }
        if !missing.isEmpty { lines += [""] + missing.map { "- Not done here: \($0.key.rawValue): \($0.value)" } }
        let own = endings.filter(\.isOwn)
        if !own.isEmpty {
            lines +=
                ["", "Processes that ended by themselves:", ""]
                + Findings.shortened(own.map { "- \($0.name): \($0.how)" })
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var done: [FaultRecord] { faults.filter(\.wasDone) }

    private var faultTable: [String] {
        var lines = [
            "| fault | alone | kept up, mean | recovery p50 | p99 | among others | p50 | p99 | not seen |",
            "|---|---|---|---|---|---|---|---|---|",
        ]
        for kind in FaultKind.allCases {
            let records = done.filter { $0.fault.kind == kind }
            let alone = records.filter(\.isAlone)
            let mixed = records.filter { !$0.isAlone }
            guard !records.isEmpty else { continue }
            let held = records.reduce(Duration.zero) { $0 + ($1.ended - $1.began) } / records.count
            let unseen = records.count { $0.recovery == nil }
            lines.append(
                "| \(kind.rawValue) | \(alone.count) | \(held.text) | \(recovery(alone, 0.5)) | \(recovery(alone, 0.99)) "
                    + "| \(mixed.count) | \(recovery(mixed, 0.5)) | \(recovery(mixed, 0.99)) | \(unseen) |")
        }
        return lines
    }

    private func recovery(_ records: [FaultRecord], _ share: Double) -> String {
        let times = records.compactMap(\.recovery).sorted()
        return times.isEmpty ? "–" : times[min(times.count - 1, Int(Double(times.count) * share))].text
    }

    /// Each fault with what it was, in order; for the run's folder.
    package var faultLog: String {
        guard let begin = faults.map(\.began).min() else { return "" }
        return faults.sorted { $0.began < $1.began }.map { record in
            let at = String(format: "%8.3f–%.3f", (record.began - begin).seconds, (record.ended - begin).seconds)
            return
                "\(at) \(record.fault.number) \(record.fault.kind.rawValue): \(record.what); recovered after \(record.recovery?.text ?? "?")"
        }.joined(separator: "\n") + "\n"
    }

    static var machine: String {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let load = (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8))?.split(separator: " ").first ?? "?"
        return "\(cores) cores, load \(load) at the end."
    }
}
