import Foundation

/// The tables and plots of a scaling run.
struct ScalingReport {
    private var sections: [String] = []
    private let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../docs/performance").standardizedFileURL.path

    /// Prints an axis' table, and draws it.
    mutating func add(_ axis: ScalingAxis, _ points: [ScalingPoint]) {
        let headings = [axis.title] + ScalingPoint.headings
        var lines = ["## \(axis.title)\n", "![](scaling-\(axis.name).svg)\n"]
        lines.append("| " + headings.joined(separator: " | ") + " |")
        lines.append(String(repeating: "|---", count: headings.count) + "|")
        for point in points { lines.append("| \(([ "\(point.value)" ] + point.cells).joined(separator: " | ")) |") }
        let text = lines.joined(separator: "\n")
        say(text + "\n")
        sections.append(text)
        let plots = [
            LinePlot(
                title: "messages/s", labels: points.map { label($0.value) }, values: points.map(\.measurement.rate)),
            LinePlot(
                title: "µs of processor time per message, all servers", labels: points.map { label($0.value) },
                values: points.map { $0.measurement.perMessage(\.sum) }),
            LinePlot(
                title: "p99 at 200/s, ms", labels: points.map { label($0.value) },
                values: points.map { $0.latency.percentile(0.99) }),
        ]
        write("scaling-\(axis.name).svg", LinePlot.svg(plots, below: axis.title))
    }

    /// Writes the tables of this run; axes that weren't walked keep what they had.
    func write() throws {
        let path = directory + "/scaling.measured.md"
        let head = "<!-- made by Benchmarks/run scaling -->\n\(Machine.line)\n"
        write("scaling.measured.md", ([head] + sections).joined(separator: "\n\n") + "\n")
        note("written: \(path) and the plots beside it")
    }

    private func label(_ value: Int) -> String {
        switch value {
        case 1_000_000...: "\(value / 1_000_000) M"
        case 1_000...: "\(value / 1_000) k"
        default: "\(value)"
        }
    }

    private func write(_ name: String, _ text: String) {
        do {
            try text.write(toFile: directory + "/" + name, atomically: true, encoding: .utf8)
        } catch {
            note("can't write \(directory)/\(name): \(error.localizedDescription)")
        }
    }
}
