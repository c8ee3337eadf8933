import Embedded
import Synchronization

/// What `wasmesh dev` shows: where everything is, what is deployed, and lines that come after.
struct DevelopmentScreen: Sendable {
    let output: Output
    /// No clearing, no colours: for scripts and logs.
    let isHeadless: Bool

    /// The whole picture, at the start and after each reload.
    ///
    /// - Parameter token: what the page for operators is opened with; nil where the router has no page.
    func show(
        _ addresses: DevelopmentAddresses, token: String?, services: [String], routes: [String], news: String
    ) {
        guard !output.isJSON else { return output.line(addresses.json.split(separator: "\n").joined()) }
        if !isHeadless, output.isTerminal { output.raw("\u{1B}[2J\u{1B}[H") }
        output.line("\(output.paint("wasmesh dev", .bold))  \(news)")
        output.line()
        fact("HTTP", addresses.router, "POST /<namespace>.<Service>/<method>, POST /events, GET /metrics")
        if let token { fact("Page", page(addresses, token), "for your browser") }
        fact("SQL", "psql '\(addresses.postgres)'")
        let libraries = Programs.nativeLibraries().map { ": LD_LIBRARY_PATH=\($0)" } ?? ""
        fact("Kafka", "kcat -b \(addresses.kafka) -L", "needs librdkafka 2.3 or newer\(libraries)")
        fact("Log", LogsCommand.path, "wasmesh logs -f")
        if !services.isEmpty {
            output.line()
            for service in services { output.line("  \(output.paint("●", .green)) \(service)") }
            for route in routes { output.line("    \(output.paint(route, .dim))") }
        }
        output.line()
        output.line(output.paint("Ctrl-C stops it; a second one at once.", .dim))
        output.line()
    }

    /// With the token behind the #, which browsers send to nobody; only a person gets it, not the file that a script writes to.
    private func page(_ addresses: DevelopmentAddresses, _ token: String) -> String {
        addresses.router + "/ui/" + (output.isTerminal ? "#token=" + token : "")
    }

    func say(_ text: String) {
        if output.isJSON { output.errorLine(text) } else { output.line(text) }
    }

    func fail(_ text: String) { say(output.paint(text, .red)) }

    /// A line of the log, coloured by its level.
    func log(_ line: String) {
        let level = line.split(separator: " ", maxSplits: 2).dropFirst().first
        switch level {
        case "error": say(output.paint(line, .red))
        case "warning": say(output.paint(line, .yellow))
        default: say(line)
        }
    }

    private func fact(_ name: String, _ value: String, _ comment: String = "") {
        let padding = String(repeating: " ", count: max(1, 7 - name.count))
        output.line(
            "  \(output.paint(name, .bold))\(padding)\(value)\(comment.isEmpty ? "" : output.paint("   " + comment, .dim))"
        )
    }
}
