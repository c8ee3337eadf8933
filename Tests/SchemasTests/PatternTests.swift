@testable import Schemas
import Testing

@Suite struct PatternTests {
    private func schemaAccepts(_ pattern: String, _ text: String) throws -> Bool {
        try #require(try? Pattern(pattern)).matches(text)
    }

    static let cases: [(String, String, Bool)] = [
        ("", "", true), ("", "a", false), ("a*", "aaaa", true), ("a*", "aab", false), ("(ab)+", "abab", true),
        ("(ab)+", "aba", false),
        ("a|bc|", "bc", true), ("a|bc|", "", true), ("a|bc|", "b", false), ("[a-c]{2,3}", "abc", true),
        ("[a-c]{2,3}", "a", false),
        ("[a-c]{2,3}", "abca", false), ("[^a-c]", "d", true), ("[^a-c]", "b", false), ("[]a]", "]", true),
        ("[a-]", "-", true),
        ("\\d{3}", "123", true), ("\\d{3}", "12x", false), ("\\w+@\\w+\\.\\w{2,}", "a_1@b.org", true), (".", "é", true),
        (".", "😀", true),
        (".", "\n", false), ("[α-ω]+", "λόγος", false), ("[α-ωό]+", "λόγος", true), ("\\u00e9", "é", true),
        ("^a$", "a", true), ("^a|b$", "b", true),
        ("a^b", "ab", false), ("a$b", "ab", false), ("(?:a|b)c?", "bc", true), ("a{3}", "aaa", true),
        ("a{3}", "aa", false), ("a{2,}", "aaaaa", true),
        ("a{2,}", "a", false), ("a+?", "aaa", true), ("(a*)*", "aaaa", true), ("(a*)*b", "aaaaa", false),
        ("\\.\\*\\[\\\\", ".*[\\", true), ("\\s\\S", " x", true),
        ("[\\d_]+", "1_2", true), ("(^|x)a", "a", true), ("(^|x)a", "xa", true), ("(^|x)a", "ya", false),
        ("[😀-😂]", "😁", true), ("a{0}", "", true), ("a{0}", "a", false),
    ]

    @Test(arguments: cases)
    func `a pattern matches the whole text or not`(pattern: String, text: String, expected: Bool) throws {
        #expect(try schemaAccepts(pattern, text) == expected)
    }

    @Test(arguments: [
        "[", "(", ")", "*", "a**", "a{", "a{x}", "{2}", "\\", "\\k", "\\1", "(?<n>a)", "(?=a)", "(?i)a", "[b-a]",
        "[[:alpha:]]", "a{1001}", "\\u00", "[a", "^*", "\\p{L}",
    ])
    func `what is not supported is refused with a reason`(pattern: String) {
        #expect(throws: PatternError.self) { try Pattern(pattern) }
    }

    @Test func `a pattern means the same as it is written for ECMAScript`() throws {
        for (pattern, _, _) in PatternTests.cases {
            let syntax = try PatternParser.parse(pattern)
            #expect(try PatternParser.parse(syntax.ecmaScript) == syntax, "\(pattern): \(syntax.ecmaScript)")
        }
    }

    @Test(arguments: [
        ("[A-Z]{3}-\\d+", "[A-Z]{3}-[0-9]+"), ("[^\\@ ]+\\@[^@ ]+", "[^ @]+@[^ @]+"), ("a}]", "a\\}\\]"),
        ("[]a]", "[\\]a]"), (".", "[^\\u000a\\u000d]"), ("\\s", "[\\u0009-\\u000d ]"), ("[\\d\\D]", "[\\s\\S]"),
        ("[^\\d\\D]", "[^\\s\\S]"), ("(a|bc){2,}?x?", "(?:a|bc){2,}x?"), ("(?:ab)*|", "(?:ab)*|"), ("[😀-😂é]", "[é😀-😂]"),
        ("\\W", "[^0-9A-Z_a-z]"), ("(a+)+", "(?:a+)+"), ("(^|x)a$", "(?:^|x)a$"), ("\\/\\-\\!", "/-!"),
        ("[a-]", "[\\-a]"), ("[+--]", "[\\+-\\-]"),
    ])
    func `a pattern is written for ECMAScript`(pattern: String, expected: String) throws {
        #expect(try PatternParser.parse(pattern).ecmaScript == expected)
    }

    @Test func `time is linear in the text, also for patterns that are exponential elsewhere`() throws {
        let pattern = try Pattern("(a+)+b|(a|aa)+c|(.*)(.*)(.*)d")
        let text = String(repeating: "a", count: 200_000)
        let time = ContinuousClock().measure { #expect(!pattern.matches(text)) }
        #expect(time < .seconds(5))
    }

    @Test(arguments: [
        "((((){1000}){1000}){1000}){1000}", "((((a{0}){1000}){1000}){1000}){1000}",
        "(((((){0,0}()){1000}){1000}){1000}){1000}", "((((()*){1000}){1000}){1000}){1000}",
        "((((|){1000}){1000}){1000}){1000}", "((((^){1000}){1000}){1000}){1000}",
    ])
    func `repetitions of nothing within each other end at once`(pattern: String) {
        let time = ContinuousClock().measure {
            // What can be written without a state matches the empty text alone; the rest is too large.
            guard let pattern = try? Pattern(pattern) else { return }
            #expect(pattern.matches("") && !pattern.matches("a"))
        }
        #expect(time < .seconds(5))
    }

    @Test func `a random pattern agrees with backtracking`() throws {
        var generator = SeededGenerator(seed: 0xB0B)
        for round in 0..<300 {
            let tree = Tree.random(&generator, depth: 4)
            let pattern = try #require(try? Pattern(tree.text), "seed 0xB0B round \(round): \(tree.text)")
            for _ in 0..<20 {
                let text = (0..<generator.below(7)).map { _ in ["a", "b", "c"][generator.below(3)] }
                let expected = tree.ends(text[...]).contains(text.count)
                #expect(
                    pattern.matches(text.joined()) == expected, "seed 0xB0B round \(round): \(tree.text) on \(text)")
            }
        }
    }

    /// A pattern that can be matched the slow and obvious way.
    private indirect enum Tree {
        case character(String)
        case any
        case sequence(Tree, Tree)
        case either(Tree, Tree)
        case star(Tree)
        case optional(Tree)
        case twice(Tree)

        static func random(_ generator: inout SeededGenerator, depth: Int) -> Tree {
            guard depth > 0 else { return .character(["a", "b", "c"][generator.below(3)]) }
            switch generator.below(7) {
            case 0: return .any
            case 1, 2: return .sequence(random(&generator, depth: depth - 1), random(&generator, depth: depth - 1))
            case 3: return .either(random(&generator, depth: depth - 1), random(&generator, depth: depth - 1))
            case 4: return .star(random(&generator, depth: depth - 1))
            case 5: return .optional(random(&generator, depth: depth - 1))
            default: return .twice(random(&generator, depth: depth - 1))
            }
        }

        var text: String {
            switch self {
            case .character(let character): character
            case .any: "[a-b]"
            case .sequence(let left, let right): "(\(left.text))(?:\(right.text))"
            case .either(let left, let right): "(\(left.text)|\(right.text))"
            case .star(let inner): "(\(inner.text))*"
            case .optional(let inner): "(\(inner.text))?"
            case .twice(let inner): "(\(inner.text)){1,2}"
            }
        }

        /// All lengths of prefixes that match.
        func ends(_ text: ArraySlice<String>) -> Set<Int> {
            switch self {
            case .character(let character): return text.first == character ? [1] : []
            case .any: return text.first == "a" || text.first == "b" ? [1] : []
            case .sequence(let left, let right):
                return Set(left.ends(text).flatMap { length in right.ends(text.dropFirst(length)).map { $0 + length } })
            case .either(let left, let right): return left.ends(text).union(right.ends(text))
            case .optional(let inner): return inner.ends(text).union([0])
            case .twice(let inner): return inner.ends(text).union(Tree.sequence(inner, inner).ends(text))
            case .star(let inner):
                var all: Set<Int> = [0]
                var pending = [0]
                while let start = pending.popLast() {
                    for length in inner.ends(text.dropFirst(start)) where all.insert(start + length).inserted {
                        pending.append(start + length)
                    }
                }
                return all
            }
        }
    }
}
