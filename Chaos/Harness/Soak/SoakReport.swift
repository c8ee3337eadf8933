internal import Foundation

/// What a soak saw: a line per measured thing, flat or not, and pictures.
package struct SoakReport: Sendable {
    /// How one number went: the medians of the second and the last third of the run.
    struct Trend: Sendable {
        var name: String
        var unit: String
        var first: Double
        var middle: Double
        var last: Double
        /// Less than a tenth more than in the middle third, or too little to tell from noise.
        var isFlat: Bool
        /// Why a rise is expected; nil where it isn't.
        var excuse: String?
    }

    var most: Double
    var duration: Duration
    var samples: [SoakSample] = []
    /// How often the embedded broker was changed for an empty one.
    var brokerStarts = 0

    /// What rises and shouldn't.
    package var rising: [String] { trends.filter { !$0.isFlat && $0.excuse == nil }.map(\.name) }

    var trends: [Trend] {
        var trends: [Trend] = []
        let processes = Set(samples.flatMap(\.memory.keys).map(SoakReport.judged)).sorted()
        for name in processes {
            let excuse = name == "broker" ? "the embedded broker keeps all records until it ends" : nil
            trends.append(trend("memory of \(name)", "MB", noise: 6, excuse) { SoakReport.sum($0.memory, of: name) })
        }
        for name in processes {
            trends.append(
                trend("descriptors of \(name)", "", noise: 4, nil) { SoakReport.sum($0.descriptors, of: name) })
        }
        for name in Set(samples.flatMap(\.tables.keys)).sorted() {
            let trend = trend("mesh.\(name)", "MB", noise: 4, nil) { $0.tables[name] }
            if trend.last > 0.5 || !trend.isFlat { trends.append(trend) }
        }
        trends.append(trend("p99 of a call", "ms", noise: 15, nil) { $0.p99 })
        trends.append(trend("p50 of a call", "ms", noise: 5, nil) { $0.p50 })
        trends.append(trend("messages sent and not done", "", noise: 50, nil) { $0.behind })
        return trends
    }

    /// Relays are judged together: one works and needs more than the others, and which one that is may change.
    private static func judged(_ process: String) -> String { process.hasPrefix("relay-") ? "the relays" : process }

    private static func sum(_ values: [String: Double], of name: String) -> Double? {
        let found = values.filter { judged($0.key) == name }
        return found.isEmpty ? nil : found.values.reduce(0, +)
    }

    private func trend(
        _ name: String, _ unit: String, noise: Double, _ excuse: String?, _ value: (SoakSample) -> Double?
    ) -> Trend {
        let values = samples.compactMap(value)
        let third = max(1, values.count / 3)
        let first = median(values.prefix(third))
        let middle = median(values.dropFirst(third).prefix(third))
        let last = median(values.suffix(third))
        return Trend(
            name: name, unit: unit, first: first, middle: middle, last: last,
            isFlat: last <= middle * 1.1 || last - middle <= noise, excuse: excuse)
    }

    private func median(_ values: some Collection<Double>) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }

    /// The report as markdown; `picture` is the plot's file.
    package func text(picture: String) -> String {
        let rate = median(samples.map(\.rate))
        var lines = [
            "# Soak: \(rising.isEmpty ? "everything flat" : "rising: " + rising.joined(separator: ", "))", "",
            "\(duration.text) at \(Int(rate)) messages/s done (the most that was found: \(Int(most))), \(samples.count) samples, "
                + "\(samples.reduce(0) { $0 + $1.failures }) calls failed, the embedded broker was changed for an empty one \(brokerStarts) times. "
                + ChaosReport.machine, "",
            "![what was measured over time](\(picture))", "",
            "| | first third | second third | last third | |", "|---|---|---|---|---|",
        ]
        lines += trends.map { trend in
            func show(_ value: Double) -> String {
                String(format: "%.1f", value) + (trend.unit.isEmpty ? "" : " \(trend.unit)")
            }
            let verdict = trend.isFlat ? "flat" : trend.excuse.map { "rises: \($0)" } ?? "**rises**"
            return "| \(trend.name) | \(show(trend.first)) | \(show(trend.middle)) | \(show(trend.last)) | \(verdict) |"
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The plot: memory, descriptors, tables, latency, rate.
    package var picture: String {
        var panels: [Plot.Panel] = []
        func panel(_ title: String, _ lines: [(String, (SoakSample) -> Double?)]) {
            panels.append(
                Plot.Panel(
                    title: title,
                    lines: lines.map { name, value in
                        Plot.Line(
                            name: name, points: samples.compactMap { s in value(s).map { (s.at.seconds / 60, $0) } })
                    }))
        }
        let processes = Set(samples.flatMap(\.memory.keys)).sorted()
        panel("memory of each process, MB", processes.map { name in (name, { $0.memory[name] }) })
        panel("open descriptors", processes.map { name in (name, { $0.descriptors[name] }) })
        let tables = Set(samples.flatMap(\.tables.keys)).sorted {
            (samples.last?.tables[$0] ?? 0) > (samples.last?.tables[$1] ?? 0)
        }
        panel("the largest tables, MB", tables.prefix(7).map { name in (name, { $0.tables[name] }) })
        panel("latency of a call, ms", [("p50", { $0.p50 }), ("p99", { $0.p99 })])
        panel("messages done in a second", [("rate", { $0.rate })])
        return Plot.svg(panels, across: "minutes")
    }
}
