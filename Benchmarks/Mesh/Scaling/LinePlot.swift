/// One small line chart: values over labels that stand at even distances (the axes are walked in powers), from zero up.
struct LinePlot {
    var title: String
    var labels: [String]
    var values: [Double]

    private static let width = 300.0
    private static let height = 150.0
    private static let margin = 44.0

    /// Charts side by side as one SVG document.
    static func svg(_ plots: [LinePlot], below: String) -> String {
        let full = width * Double(plots.count)
        let charts = plots.enumerated().map { index, plot in
            "<g transform=\"translate(\(Double(index) * width), 0)\">\(plot.body(below))</g>"
        }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(full) \(height + 70)" font-family="sans-serif" font-size="10">
            <rect width="100%" height="100%" fill="white"/>
            \(charts.joined(separator: "\n"))
            </svg>

            """
    }

    private func body(_ below: String) -> String {
        let top = (values.max() ?? 1) * 1.1
        let inner = LinePlot.width - LinePlot.margin - 16
        let places = values.indices.map { index in
            (
                x: LinePlot.margin + inner * (values.count > 1 ? Double(index) / Double(values.count - 1) : 0.5),
                y: 30 + LinePlot.height * (1 - values[index] / max(top, 1e-9))
            )
        }
        let line = places.map { "\(text($0.x)),\(text($0.y))" }.joined(separator: " ")
        let floor = 30 + LinePlot.height
        var parts = [
            "<text x=\"\(LinePlot.margin)\" y=\"16\" font-weight=\"bold\">\(title)</text>",
            "<path d=\"M\(LinePlot.margin) 30V\(floor)H\(LinePlot.width - 12)\" fill=\"none\" stroke=\"#888\"/>",
            "<polyline points=\"\(line)\" fill=\"none\" stroke=\"#2563eb\" stroke-width=\"2\"/>",
            "<text x=\"\(LinePlot.margin + inner / 2)\" y=\"\(floor + 32)\" text-anchor=\"middle\" fill=\"#555\">\(below)</text>",
        ]
        for (index, place) in places.enumerated() {
            parts.append("<circle cx=\"\(text(place.x))\" cy=\"\(text(place.y))\" r=\"3\" fill=\"#2563eb\"/>")
            parts.append(
                "<text x=\"\(text(place.x))\" y=\"\(text(place.y - 7))\" text-anchor=\"middle\">\(shown(values[index]))</text>"
            )
            parts.append(
                "<text x=\"\(text(place.x))\" y=\"\(floor + 15)\" text-anchor=\"middle\" fill=\"#555\">\(labels[index])</text>"
            )
        }
        return parts.joined(separator: "\n")
    }

    private func shown(_ value: Double) -> String {
        value >= 10_000 ? "\(decimal(value / 1000, 1)) k" : decimal(value, value >= 100 ? 0 : 1)
    }

    private func text(_ number: Double) -> String { decimal(number, 1) }
}
