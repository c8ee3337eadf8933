import Commands
import Foundation
import TestSupport
import Testing

/// What documents have people type.
@Suite struct CommandsDocumentTests {
    static let pages: [String] = {
        let root = TestEnvironment.checkout
        let folders = ["", "docs/", "docs/design/", "docs/adr/", "ops/", "Examples/workflows/", "SDK/Swift/"]
        return folders.flatMap { folder in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: root + "/" + folder)) ?? []
            return names.filter { $0.hasSuffix(".md") && $0 != "CHANGELOG.md" }.sorted().map { folder + $0 }
        }
    }()

    private static func text(_ page: String) throws -> String {
        try String(contentsOfFile: TestEnvironment.checkout + "/" + page, encoding: .utf8)
    }

    /// The command lines of a page: in its blocks for a shell and in code within the text, but for those with something left out.
    static func lines(_ text: String) -> [String] {
        let parts = text.components(separatedBy: "```")
        let blocks = parts.enumerated().filter { $0.offset % 2 == 1 && $0.element.hasPrefix("sh\n") }.flatMap {
            $0.element.split(separator: "\n").dropFirst().map(String.init)
        }
        let prose = parts.enumerated().filter { $0.offset % 2 == 0 }.flatMap {
            $0.element.components(separatedBy: "`").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
        }
        return (blocks + prose.filter { $0.hasPrefix("wasmesh ") }).filter {
            !$0.contains("COMMAND") && !$0.contains("…") && !$0.contains("\\|")
        }
    }

    /// The words behind each `wasmesh` of a line for a shell.
    static func commands(in line: String) -> [[String]] {
        var commands: [[String]] = []
        var words: [String] = []
        var word: String?
        var quote: Character?
        func end() {
            if let ended = word { words.append(ended) }
            word = nil
        }
        func endCommand() {
            end()
            if let start = words.firstIndex(of: "wasmesh") { commands.append(Array(words[(start + 1)...])) }
            words = []
        }
        for character in line {
            if let open = quote {
                if character == open { quote = nil } else { word = (word ?? "") + [character] }
            } else if character == "'" || character == "\"" {
                (quote, word) = (character, word ?? "")
            } else if character == "#", word == nil {
                break
            } else if "|&;()<>".contains(character) {
                endCommand()
            } else if character == " " {
                end()
            } else {
                word = (word ?? "") + [character]
            }
        }
        endCommand()
        return commands
    }

    @Test func `lines are taken apart as a shell does`() {
        let line = "jq '{order: .}' o.json | A=b wasmesh call a.B/c --timeout 5s && wasmesh dev &   # wasmesh not this"
        #expect(Self.commands(in: line) == [["call", "a.B/c", "--timeout", "5s"], ["dev"]])
        #expect(Self.commands(in: "wasmesh call a.B/c '{\"a\": \"b c\"}'") == [["call", "a.B/c", "{\"a\": \"b c\"}"]])
    }

    @Test func `the pages are found, and commands in them`() throws {
        let commands = try Self.pages.flatMap { Self.lines(try Self.text($0)).flatMap(Self.commands) }
        #expect(Self.pages.contains("README.md") && commands.count > 60, "\(commands.count)")
    }

    @Test(arguments: pages) func `each command that a page has people type is taken`(page: String) throws {
        for line in Self.lines(try Self.text(page)) {
            for words in Self.commands(in: line) {
                do throws(CommandFailure) {
                    _ = try ParsedLine.parse(words, root: RootCommand.self)
                } catch {
                    // Named within the text, a command may stand without its arguments.
                    guard line.hasPrefix("wasmesh "), error.message.contains(" needs ") else {
                        Issue.record("\(line): \(error.message)")
                        continue
                    }
                }
            }
        }
    }

    @Test(arguments: everyCommand.filter { !$0.isEmpty }) func `docs/commands.md has each command`(path: [String])
        throws
    {
        let rows = try Self.text("docs/commands.md").split(separator: "\n").filter { $0.hasPrefix("| `wasmesh ") }
        let words = rows.map { row in
            Set(row.split { !$0.isLetter && $0 != "-" }.map(String.init))
        }
        #expect(words.contains { $0.isSuperset(of: path) }, "\(path)")
    }
}
