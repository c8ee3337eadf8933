internal import Foundation

/// A small plot as SVG: panels under each other, lines with a legend beside them.
enum Plot {
    struct Line: Sendable {
        var name: String
        var points: [(x: Double, y: Double)]
    }

    struct Panel: Sendable {
        var title: String
        var lines: [Line]
    }

    private static let colours = [
        "#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b", "#17becf", "#7f7f7f", "#bcbd22", "#e377c2",
    ]
    private static let width = 620.0
    private static let height = 130.0

    static func svg(_ panels: [Panel], across: String) -> String {
        let total = Int(Double(panels.count) * (height + 50) + 20)
        var text = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 \(total)" font-family="sans-serif" font-size="11">
            <rect width="860" height="\(total)" fill="white"/>

            """
        for (index, panel) in panels.enumerated() {
            text += draw(panel, top: 30 + Double(index) * (height + 50), across)
        }
        return text + "</svg>\n"
    }

    private static func draw(_ panel: Panel, top: Double, _ across: String) -> String {
        let points = panel.lines.flatMap(\.points)
        let right = max(points.map(\.x).max() ?? 1, 0.001)
        let high = max(points.map(\.y).max() ?? 1, 0.001) * 1.05
        var text = "<text x=\"60\" y=\"\(top - 8)\" font-weight=\"bold\">\(panel.title)</text>\n"
        text += "<path d=\"M60 \(top) V\(top + height) H\(60 + width)\" fill=\"none\" stroke=\"#888\"/>\n"
        for share in [0.0, 0.5, 1.0] {
            let y = top + height * (1 - share)
            text += "<text x=\"54\" y=\"\(y + 4)\" text-anchor=\"end\">\(number(high * share))</text>\n"
            text +=
                "<text x=\"\(60 + width * share)\" y=\"\(top + height + 14)\" text-anchor=\"middle\">\(number(right * share))</text>\n"
        }
        text += "<text x=\"\(68 + width)\" y=\"\(top + height + 14)\">\(across)</text>\n"
        for (index, line) in panel.lines.enumerated() {
            let colour = colours[index % colours.count]
            let path = line.points.map {
                String(format: "%.1f,%.1f", 60 + width * $0.x / right, top + height * (1 - $0.y / high))
            }
            text +=
                "<polyline points=\"\(path.joined(separator: " "))\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"1.3\"/>\n"
            text +=
                "<text x=\"\(70 + width)\" y=\"\(top + 8 + Double(index) * 13)\" fill=\"\(colour)\">\(line.name)</text>\n"
        }
        return text
    }

    private static func number(_ value: Double) -> String {
        value >= 100 ? String(format: "%.0f", value) : String(format: "%.1f", value)
    }
}
