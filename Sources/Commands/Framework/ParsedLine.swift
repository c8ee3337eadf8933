/// A command line, taken apart: which command, which options, which positional arguments.
package struct ParsedLine: Sendable {
    package let command: any Command.Type
    /// The words that lead to it, `["wasmesh", "schema", "check"]`.
    package let path: [String]
    package var options: [String: String]
    package var arguments: [String]
    /// True where `--help` was asked for; nothing else was checked then.
    package var wantsHelp: Bool

    /// Takes `words` (without the program's name) apart, starting at `root`.
    package static func parse(_ words: [String], root: any Command.Type) throws(CommandFailure) -> ParsedLine {
        var rest = words[...]
        let leading = takeGlobalOptions(from: &rest)
        rest = conventional(Array(rest))[...]
        var command = root
        var path = [root.description.name]
        while !command.description.subcommands.isEmpty, let word = rest.first, !word.hasPrefix("-") {
            let children = command.description.subcommands
            guard let child = children.first(where: { $0.description.name == word }) else {
                if !command.description.arguments.isEmpty { break }
                let clause = DidYouMean.clause(for: word, among: children.map { $0.description.name })
                throw .usage(
                    "'\(word)' is not a command of \(path.joined(separator: " "))\(clause)",
                    hint: "`\(path.joined(separator: " ")) --help` lists them")
            }
            command = child
            path.append(word)
            rest = rest.dropFirst()
        }
        var line = ParsedLine(command: command, path: path, options: [:], arguments: [], wantsHelp: false)
        try line.take(leading + rest)
        if !line.wantsHelp { try line.checkArguments() }
        return line
    }

    /// What people try at any program: `help call` is `call --help`, `--version` is `version`.
    private static func conventional(_ words: [String]) -> [String] {
        switch words.first {
        case "help": words.dropFirst() + ["--help"]
        case "--version": ["version"] + words.dropFirst()
        default: words
        }
    }

    /// Takes options that every command has from the front: `wasmesh --json services`.
    private static func takeGlobalOptions(from words: inout ArraySlice<String>) -> ArraySlice<String> {
        var taken: ArraySlice<String> = []
        while let word = words.first, let option = GlobalOptions.descriptions.first(where: { $0.isSpelled(word) }) {
            // A value that isn't in the same word is the next one; `takeOption` says so where there is none.
            let isWhole = option.placeholder == nil || word.contains("=")
            let count = isWhole ? 1 : 2
            taken += words.prefix(count)
            words = words.dropFirst(count)
        }
        return taken
    }

    private mutating func take(_ words: ArraySlice<String>) throws(CommandFailure) {
        var words = words
        while let word = words.popFirst() {
            if word == "--" {
                arguments += words
                return
            }
            if word == "--help" || word == "-h" {
                wantsHelp = true
                return
            }
            guard word.hasPrefix("-"), word != "-" else {
                arguments.append(word)
                continue
            }
            try takeOption(word, &words)
        }
    }

    private mutating func takeOption(_ word: String, _ words: inout ArraySlice<String>) throws(CommandFailure) {
        let known = command.description.options + GlobalOptions.descriptions
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let found = known.first { $0.isSpelled(word) }
        guard let found else {
            let clause = DidYouMean.clause(
                for: String(parts[0].drop { $0 == "-" }), among: known.map(\.name), prefix: "--")
            throw .usage(
                "\(spelledPath) has no option \(parts[0])\(clause)", hint: "`\(spelledPath) --help` lists them")
        }
        guard options[found.name] == nil else { throw .usage("--\(found.name) is given twice") }
        if found.placeholder == nil {
            guard parts.count == 1 else { throw .usage("--\(found.name) takes no value, found '\(parts[1])'") }
            options[found.name] = found.switchedTo
            return
        }
        guard let value = parts.count == 2 ? parts[1] : words.popFirst() else {
            throw .usage("--\(found.name) needs a value: --\(found.name) \(found.placeholder ?? "")")
        }
        if let problem = found.problem(value) { throw .usage("--\(found.name): \(problem)") }
        options[found.name] = value
    }

    private func checkArguments() throws(CommandFailure) {
        let expected = command.description.arguments
        let isOpen = expected.contains { $0.count == .many || $0.count == .oneOrMore }
        let needed = expected.filter { $0.count == .one || $0.count == .oneOrMore }
        if arguments.count < needed.count {
            let missing = needed[arguments.count]
            throw .usage(
                "\(spelledPath) needs \(missing.name): \(missing.summary)", hint: "`\(spelledPath) --help` shows how")
        }
        if !isOpen, arguments.count > expected.count, command.description.subcommands.isEmpty || !expected.isEmpty {
            throw .usage(
                "\(spelledPath) does not know what to do with '\(arguments[expected.count])'",
                hint: "`\(spelledPath) --help` shows what it takes")
        }
    }

    private var spelledPath: String { path.joined(separator: " ") }
}
