import Commands
import Testing

/// A command that only exists here.
private enum Sample: Command {
    static let count = Option<Int>("count", short: "c", "N", "How many.", default: 3)
    static let name = Option<String>("name", "NAME", "Its name.")
    static let dry = Option<Bool>.flag("dry-run", "Changes nothing.")
    static let description = CommandDescription(
        "sample", "shows how it works",
        arguments: [Argument("FILE", "A file."), Argument("MORE", .many, "More files.")],
        options: [count.description, name.description, dry.description])
    static func run(_ invocation: Invocation) async throws {}
}

private enum Root: CommandGroup {
    static let description = CommandDescription("root", "holds the sample", subcommands: [Sample.self])
}

@Suite struct CommandLineTests {
    @Test(arguments: [
        (["logs", "-n", "-3"], "--lines: expected 0 to 1000000, found -3"),
        (["dev", "--postgres-port", "-1"], "--postgres-port: expected 0 to 65535, found -1"),
        (["dev", "--kafka-port", "65536"], "--kafka-port: expected 0 to 65535, found 65536"),
        (["state", "shop.Visits", ""], "KEY is empty"), (["state", "", "k"], "SERVICE is empty"),
        (["dead-letters", "show", "abc"], "'abc' isn't the id of a dead letter"),
        (["dead-letters", "redrive", "7", "-"], "'-' isn't the id of a dead letter"),
        (["dead-letters", "discard", "0"], "'0' isn't the id of a dead letter"),
        (["deploy", "8ff8"], "as a digest it is too short\n  a digest needs at least 8 of its 64 hexadecimal digits"),
        (["init", "a b"], "a name has lower-case letters, digits and '-'"),
        (["init", "Shop"], "a name begins with a lower-case letter"),
    ])
    func `what can't be meant is refused before anything is tried`(_ words: [String], _ expected: String) async {
        let run = await ProgramRun(words)
        #expect(run.exit == .usage)
        #expect(run.error.contains(expected), "\(run.error)")
    }

    struct Accepted: Sendable, CustomTestStringConvertible {
        let words: [String]
        let options: [String: String]
        let arguments: [String]
        var testDescription: String { words.joined(separator: " ") }
    }

    @Test(arguments: [
        Accepted(words: ["a"], options: [:], arguments: ["a"]),
        Accepted(words: ["a", "b", "c"], options: [:], arguments: ["a", "b", "c"]),
        Accepted(words: ["--count", "7", "a"], options: ["count": "7"], arguments: ["a"]),
        Accepted(words: ["a", "--count=7"], options: ["count": "7"], arguments: ["a"]),
        Accepted(words: ["a", "-c", "7"], options: ["count": "7"], arguments: ["a"]),
        Accepted(words: ["--name=", "a"], options: ["name": ""], arguments: ["a"]),
        Accepted(words: ["--name", "a=b", "x"], options: ["name": "a=b"], arguments: ["x"]),
        Accepted(words: ["--name=a=b", "x"], options: ["name": "a=b"], arguments: ["x"]),
        Accepted(words: ["--dry-run", "a"], options: ["dry-run": "true"], arguments: ["a"]),
        Accepted(words: ["--", "--count", "-x"], options: [:], arguments: ["--count", "-x"]),
        Accepted(words: ["-"], options: [:], arguments: ["-"]),
        Accepted(words: ["a", "--json"], options: ["json": "true"], arguments: ["a"]),
    ])
    func `a command line is taken apart`(_ accepted: Accepted) throws {
        let line = try ParsedLine.parse(["sample"] + accepted.words, root: Root.self)
        #expect(line.options == accepted.options)
        #expect(line.arguments == accepted.arguments)
        #expect(line.path == ["root", "sample"])
    }

    @Test(arguments: [["--json"], ["--json", "--config", "f"], ["--config=f", "--json"]])
    func `what every command takes may stand before it`(words: [String]) throws {
        let line = try ParsedLine.parse(words + ["sample", "a"], root: Root.self)
        #expect(line.path == ["root", "sample"] && line.arguments == ["a"] && line.options["json"] == "true")
        #expect(line.options["config"] == (words.count > 1 ? "f" : nil))
        #expect(throws: CommandFailure.self) {
            try ParsedLine.parse(words + ["sample", "a", "--json"], root: Root.self)
        }
        #expect(try ParsedLine.parse(words + ["help", "sample"], root: Root.self).wantsHelp)
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        let words: [String]
        let message: String
        var testDescription: String { words.joined(separator: " ") }
    }

    @Test(arguments: [
        Refused(words: ["smaple"], message: "'smaple' is not a command of root; did you mean 'sample'?"),
        Refused(words: ["frobnicate"], message: "'frobnicate' is not a command of root"),
        Refused(words: ["sample"], message: "root sample needs FILE: A file."),
        Refused(
            words: ["sample", "a", "--cuont", "3"],
            message: "root sample has no option --cuont; did you mean '--count'?"),
        Refused(words: ["sample", "a", "--count"], message: "--count needs a value: --count N"),
        Refused(words: ["sample", "a", "--count", "x"], message: "--count: expected a whole number, found 'x'"),
        Refused(words: ["sample", "a", "-c", "1", "--count=2"], message: "--count is given twice"),
        Refused(words: ["sample", "a", "--dry-run=yes"], message: "--dry-run takes no value, found 'yes'"),
        Refused(words: ["sample", "-z"], message: "root sample has no option -z"),
    ])
    func `a wrong command line names what is wrong`(_ refused: Refused) {
        let failure = #expect(throws: CommandFailure.self) { try ParsedLine.parse(refused.words, root: Root.self) }
        #expect(failure?.message == refused.message)
        #expect(failure?.exit == .usage)
    }

    @Test func `help is shown before anything else is checked`() throws {
        let line = try ParsedLine.parse(["sample", "--help", "--nonsense"], root: Root.self)
        #expect(line.wantsHelp)
    }

    @Test func `the help page has usage, arguments and options with their origins`() {
        let expected = """
            root sample: shows how it works

            Usage: root sample [options] FILE [MORE…]

            Arguments:
              FILE  A file.
              MORE  More files.

            Options:
              -c, --count N  How many. [default: 3]
              --name NAME    Its name.
              --dry-run      Changes nothing.
              --json         Prints JSON, for machines. [WASMESH_JSON]
              --config FILE  The configuration file. [default: wasmesh.json of this directory or one above it; WASMESH_CONFIG]
            """
        #expect(HelpPage(of: Sample.self, path: ["root", "sample"]).text == expected)
    }
}
