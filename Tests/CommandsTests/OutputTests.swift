import Glibc
import Testing

@testable import Commands

@Suite struct OutputTests {
    @Test func `a table is aligned, cut and free of control characters`() {
        var table = Table("id", "message")
        table.add("1", "short")
        table.add("long-id", "with a\nnewline and a \u{1B}[31mcolour that goes on")
        #expect(
            table.lines(limit: 20) == ["ID       MESSAGE", "1        short", "long-id  with a newline and …"])
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
}
