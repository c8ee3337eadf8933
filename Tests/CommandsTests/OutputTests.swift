import Glibc
import MeshCore
import Testing

@testable import Commands

@Suite struct OutputTests {
    @Test func `a table is aligned, cut and free of control characters`() {
        var table = Table("id", "message")
        table.add("1", "short")
        table.add("long-id", "with a\nnewline\u{7F}\u{9B}31m and a \u{1B}[31mcolour")
        #expect(
            table.lines(limit: 20) == ["ID       MESSAGE", "1        short", "long-id  with a newline  31m…"])
    }

    /// Two columns for most of East Asia and emoji, none for marks that stand on others.
    @Test func `a table is aligned by what a terminal shows, not by characters`() {
        var table = Table("id", "waits for")
        table.add("注文-1", "a")
        table.add("e\u{301}te\u{301}", "b")
        table.add("🚀x", "c")
        table.add("plain", "d")
        table.add("a\u{202e}b", "e")
        #expect(
            table.lines() == [
                "ID      WAITS FOR", "注文-1  a", "e\u{301}te\u{301}     b", "🚀x     c", "plain   d", "a b     e",
            ])
        #expect("注文注文".cutToLine(6) == "注文…")
        #expect("注文注文".cutToLine(8) == "注文注文")
        #expect("a注文".cutToLine(4) == "a注…")
    }

    @Test func `colours are for terminals only`() {
        let captured = CapturedOutput()
        #expect(captured.output(json: false, color: false).paint("x", .red) == "x")
        #expect(captured.output(json: false, color: true).paint("x", .red) == "\u{1B}[31mx\u{1B}[0m")
    }

    @Test(arguments: ["prot": "port", "PORT": "port", "dead-leters": "dead-letters", "biuld": "build"])
    func `a mistyped word finds the one that was meant`(_ typed: String, _ meant: String) {
        #expect(DidYouMean.suggestion(for: typed, among: ["port", "host", "dead-letters", "build"]) == meant)
    }

    @Test(arguments: ["xyz", "q", "completely-different"])
    func `a word that is near to nothing finds nothing`(_ typed: String) {
        #expect(DidYouMean.suggestion(for: typed, among: ["port", "host", "dead-letters", "build"]) == nil)
    }

    @Test func `what standard output doesn't take is told, and is no success`() async throws {
        let full = open("/dev/full", O_WRONLY)
        defer { close(full) }
        let failure = #expect(throws: Output.WriteFailure.self) { try Output.writeAll(full, "x") }
        #expect(failure?.reason == "No space left on device")
        let captured = CapturedOutput()
        let exit = await Program.run(["version"], environment: [:], directory: "/nonexistent") { json in
            Output(json: json, isTerminal: false, usesColor: false) { descriptor, text throws(Output.WriteFailure) in
                if descriptor == 1 { try Output.writeAll(full, text) }
                captured.output(json: json).errorLine(text)
            }
        }
        #expect(exit == .failure)
        #expect(captured.error.contains("error: can't write standard output: No space left on device"))
    }

    @Test func `an error that another wrote drives no terminal`() async throws {
        let (run, _) = try await ask(
            ["call", "shop.Orders/place", "{}"],
            answers: [
                "POST /shop.Orders/place": (
                    400,
                    #"{"code":"x","mesh":{"code":"ODD","message":"a\u001b]0;b\u0007\nc","details":{"at":"\u009b2J"}}}"#
                )
            ])
        #expect(run.error == "error: ODD: a\\u{1b}]0;b\\u{7}\nc\n  {\"at\":\"\\u{9b}2J\"}\n")
    }

    @Test func `JSON for people has the same values without control characters`() throws {
        let node = try JSONReader.read("{\"id\":\"\u{9b}2J\u{7f} £ \u{202e}…\"}")
        #expect(node.shownJSON() == #"{"id":"\u009b2J\u007f £ \u202e…"}"#)
        #expect(try JSONReader.read(node.shownJSON())["id"]?.text == node["id"]?.text)
    }

    @Test func `a word for a shell is one, whatever is in it`() {
        #expect("1/shop.Orders/o'1; rm".shellQuoted == #"'1/shop.Orders/o'\''1; rm'"#)
    }
}
