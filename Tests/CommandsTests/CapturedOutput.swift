import Commands
import Synchronization

/// An output that keeps what is written.
final class CapturedOutput: Sendable {
    private let written = Mutex<(out: String, error: String)>(("", ""))

    var out: String { written.withLock { $0.out } }
    var error: String { written.withLock { $0.error } }

    func output(json: Bool, color: Bool = false) -> Output {
        Output(json: json, isTerminal: color, usesColor: color) { descriptor, text in
            self.written.withLock { if descriptor == 1 { $0.out += text } else { $0.error += text } }
        }
    }
}

/// One run of the program inside the test's process.
struct ProgramRun {
    let exit: ExitCode
    let out: String
    let error: String

    init(_ words: [String], environment: [String: String] = [:], directory: String = "/nonexistent") async {
        let captured = CapturedOutput()
        exit = await Program.run(words, environment: environment, directory: directory) { captured.output(json: $0) }
        out = captured.out
        error = captured.error
    }
}
