import Foundation
import Testing

/// SQL comes from outside only as parameters: whatever is put into the text of a statement is the program's own.
@Suite struct SQLTextTests {
    /// What may stand in SQL: names of columns, and numbers and names that the program chooses.
    private static let own: Set<String> = [
        "columns", "OutboxRow.columns", "ParkedMessage.columns", "WorkflowRow.columns(\"w\")",
        "WorkflowRow.columns(\"r.workflow\")",
        "JournalEntry.columns(\"j\")", "JournalEntry.columns(\"r.entry\")", "ScheduleRow.columns(\"s\")",
        "ScheduleRow.columns(\"r.schedule\")",
        // The migrations, and their lock.
        "lock", "waitingSessions", "first.version - 1", "migration.version", "migration.name", "migration.checksum",
        // A query of the program's within another.
        "MeshView.observed",
        // A channel of the program's, quoted besides; the database of `wasmesh dev`, by its own rule for names.
        "quoted", "name",
    ]

    @Test func `nothing from outside is part of a statement's text`() throws {
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../Sources"
        ).standardizedFileURL
        let files =
            FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL }
            ?? []
        var found = 0
        for file in files where file.pathExtension == "swift" {
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") where Self.isSQL(line) {
                for expression in Self.interpolations(in: line) {
                    found += 1
                    #expect(Self.own.contains(expression), "\(file.lastPathComponent): \(expression) in \(line)")
                }
            }
        }
        #expect(found > 10, "the search finds no SQL any more")
    }

    private static func isSQL(_ line: Substring) -> Bool {
        let words = [
            "SELECT ", "INSERT INTO ", "UPDATE mesh", "DELETE FROM ", "CREATE ", "DROP ", "ALTER ", "LISTEN ",
            "NOTIFY ", "TRUNCATE ", "VALUES (",
        ]
        return line.contains("\\(") && words.contains { line.contains($0) } && !line.contains("///")
    }

    /// What stands in `\( … )`, brackets counted.
    private static func interpolations(in line: Substring) -> [String] {
        var expressions: [String] = []
        var rest = line
        while let start = rest.range(of: "\\(") {
            var depth = 1
            var at = start.upperBound
            while at < rest.endIndex, depth > 0 {
                if rest[at] == "(" { depth += 1 } else if rest[at] == ")" { depth -= 1 }
                at = rest.index(after: at)
            }
            expressions.append(String(rest[start.upperBound..<rest.index(before: at)]))
            rest = rest[at...]
        }
        return expressions
    }
}
