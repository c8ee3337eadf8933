import Testing

@testable import MeshCore

/// What guests and strangers wrote stands in the log as what it is.
@Suite struct LogTextTests {
    @Test(arguments: [
        ("plain text, with é and 😀", "plain text, with é and 😀"), ("a\nb", "a\n    | b"),
        ("x\n12:00:00.000 error worker: forged", "x\n    | 12:00:00.000 error worker: forged"),
        ("\u{1b}[31mred\u{7f}", "\\u{1b}[31mred\\u{7f}"), ("a\r\nb\tc\0", "a\\u{d}\n    | b\tc\\u{0}"),
        ("\u{9b}31m", "\\u{9b}31m"), ("£ ©", "£ ©"),
        ("o-1 \u{202e}enod\u{202c}", "o-1 \\u{202e}enod\\u{202c}"),
        ("\u{2066}a\u{2069} – …", "\\u{2066}a\\u{2069} – …"),
        ("שלום\u{200f}", "שלום\u{200f}"),
    ])
    func `no text can pass for another entry or drive a terminal`(text: String, expected: String) {
        var line = ""
        LogText.append(text, to: &line)
        #expect(line == expected)
    }

    @Test func `a line stays one, and lines stay lines`() {
        #expect(LogText.line("a\r\nb\tc\u{9b}31m") == "a\\u{d}\\u{a}b\tc\\u{9b}31m")
        #expect(LogText.lines("a\r\nb\tc\u{7f}") == "a\\u{d}\nb\tc\\u{7f}")
    }
}
