/// The text of `--help`, made from a command's description.
package struct HelpPage {
    private let description: CommandDescription
    private let path: [String]

    package init(of command: any Command.Type, path: [String]) {
        description = command.description
        self.path = path
    }

    package var text: String {
        var sections = ["\(path.joined(separator: " ")): \(description.summary)", usage]
        if let discussion = description.discussion { sections.append(discussion) }
        if !description.subcommands.isEmpty {
            sections.append(
                list("Commands", description.subcommands.map { ($0.description.name, $0.description.summary) }))
        }
        if !description.arguments.isEmpty {
            sections.append(list("Arguments", description.arguments.map { ($0.name, $0.summary) }))
        }
        let options = description.options + GlobalOptions.descriptions
        sections.append(list("Options", options.map { (spelling(of: $0), explanation(of: $0)) }))
        if !description.examples.isEmpty {
            sections.append(list("Examples", description.examples.map { ($0.line, $0.what) }))
        }
        if path.count == 1 {
            // Signals share a line.
            let codes = ExitCode.allCases.filter { $0 != .terminated }
            sections.append(list("Exit codes", codes.map { ($0.label, $0.meaning) }))
        }
        return sections.joined(separator: "\n\n")
    }

    private var usage: String {
        var lines: [[String]] = []
        if description.subcommands.isEmpty || !description.arguments.isEmpty {
            lines.append(["[options]"] + description.arguments.map(\.usage))
        }
        if !description.subcommands.isEmpty { lines.append(["COMMAND", "[options]", "…"]) }
        return "Usage: " + lines.map { (path + $0).joined(separator: " ") }.joined(separator: "\n       ")
    }

    private func spelling(of option: OptionDescription) -> String {
        let long = "--" + option.name + (option.placeholder.map { " " + $0 } ?? "")
        return option.short.map { "-\($0), \(long)" } ?? long
    }

    private func explanation(of option: OptionDescription) -> String {
        let facts = [
            option.defaultText.map { "default: \($0)" }, option.environment, option.key.map { "wasmesh.json: \($0)" },
        ].compactMap { $0 }
        return facts.isEmpty ? option.summary : "\(option.summary) [\(facts.joined(separator: "; "))]"
    }

    /// A heading with rows of two columns; a left side that is too wide has its text on the next line.
    private func list(_ heading: String, _ rows: [(String, String)]) -> String {
        let width = min(30, rows.map(\.0.count).max() ?? 0)
        let lines = rows.flatMap { left, right -> [String] in
            let wrapped = HelpPage.wrap(right, at: 118 - width - 4)
            let indent = String(repeating: " ", count: width + 4)
            let rest = wrapped.dropFirst().map { indent + $0 }
            if right.isEmpty { return ["  " + left] }
            if left.count > width { return ["  " + left] + wrapped.map { indent + $0 } }
            let padding = String(repeating: " ", count: width - left.count + 2)
            return ["  " + left + padding + (wrapped.first ?? "")] + rest
        }
        return ([heading + ":"] + lines).joined(separator: "\n")
    }

    private static func wrap(_ text: String, at width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + word.count + 1 > width {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? String(word) : " " + word
        }
        return lines + [line]
    }
}
