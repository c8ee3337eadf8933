import Foundation
import Schemas
import Testing

/// One broken line of a good document is reported on that line, and nowhere else.
@Suite struct RecoveryTests {
    struct Slip: Sendable, CustomTestStringConvertible {
        var name: String
        var apply: @Sendable (String) -> String?

        var testDescription: String { name }
    }

    static let slips: [Slip] = [
        Slip(name: "colon left out") { $0.contains(": ") ? replacingLast($0, ": ", " ") : nil },
        Slip(name: "colon twice") { replacingFirst($0, ":", "::") },
        Slip(name: "stray dollar") { $0 + " $" },
        Slip(name: "stray parenthesis") { $0 + " )" },
        Slip(name: "stray bracket") { $0 + " ]" },
        Slip(name: "unknown type") { replacingFirst($0, ": ", ": Nope") },
        Slip(name: "type left out") { line in line.firstIndex(of: ":").map { String(line[...$0]) } },
        Slip(name: "unterminated string") { $0 + " @deprecated(reason: \"never" },
        Slip(name: "unknown decorator") { $0 + " @nope" },
        Slip(name: "decorator left open") { $0 + " @deprecated(reason: \"x\"" },
        Slip(name: "value left out") { $0 + " @deprecated(reason:" },
        Slip(name: "arguments left open") { $0.contains(")") ? replacingLast($0, ")", "") : nil },
        Slip(name: "name doubled") { $0.hasPrefix("  GONE") ? nil : "  twice " + $0.drop { $0 == " " } },
        Slip(name: "semicolon") { $0 + ";" },
        Slip(name: "equals") { $0 + " = 3" },
        Slip(name: "number for a name") { "  1" + $0.drop { $0 == " " } },
    ]

    /// The canonical example, whose members stand on lines of their own.
    static let lines: [String] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/shop.mesh.graphql")
        return ((try? String(contentsOf: file, encoding: .utf8)) ?? "").components(separatedBy: "\n")
    }()

    @Test(arguments: slips) func `a slip is reported on its line and nowhere else`(slip: Slip) throws {
        var tried = 0
        for (index, line) in RecoveryTests.lines.enumerated() where RecoveryTests.isMember(line) {
            guard let broken = slip.apply(line) else { continue }
            var lines = RecoveryTests.lines
            lines[index] = broken
            let source = SchemaSource(path: "x", text: lines.joined(separator: "\n"))
            let found = SchemaCompiler.compile([source]).diagnostics
            #expect(!found.isEmpty, "\(broken)")
            #expect(found.allSatisfy { $0.location.line == index + 1 }, "line \(index + 1): \(broken)\n\(found)")
            tried += 1
        }
        #expect(tried >= 5)
    }

    @Test(.timeLimit(.minutes(1))) func `decorators that are left open on each line of many are read in no time`() {
        let open = String(repeating: "a:A@b(\n", count: 10_000)
        let source = SchemaSource(path: "x", text: "type T {\n\(open)}\nservice S { m: Void }")
        let start = ContinuousClock.now
        #expect(SchemaCompiler.compile([source]).diagnostics.count > SchemaCompiler.maximumErrors)
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    /// A field or a method on one line, without decorators of its own before it.
    private static func isMember(_ line: String) -> Bool {
        line.hasPrefix("  ") && line.dropFirst(2).first?.isLetter == true && line.contains(": ")
            && !line.hasPrefix("   ")
    }

    private static func replacingFirst(_ line: String, _ part: String, _ other: String) -> String? {
        line.range(of: part).map { line.replacingCharacters(in: $0, with: other) }
    }

    private static func replacingLast(_ line: String, _ part: String, _ other: String) -> String? {
        line.range(of: part, options: .backwards).map { line.replacingCharacters(in: $0, with: other) }
    }
}
