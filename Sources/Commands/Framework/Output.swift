import Glibc
import MeshCore
import Synchronization

/// Where a command writes: tables and colours for people, JSON for machines.
package final class Output: Sendable {
    package enum Color: String, Sendable {
        case red = "31", green = "32", yellow = "33", blue = "34", bold = "1", dim = "2"
    }

    /// True after `--json`.
    package let isJSON: Bool
    /// True where standard output is a terminal.
    package let isTerminal: Bool
    private let usesColor: Bool
    private let sink: @Sendable (Int32, String) throws(WriteFailure) -> Void
    private let failure = Mutex<WriteFailure?>(nil)
    /// Where standard error is; another descriptor while the second one is somebody else's.
    private let errors = Atomic<Int32>(2)

    /// Output to the process's own standard output and standard error.
    package convenience init(json: Bool, environment: [String: String]) {
        let isTerminal = isatty(1) == 1
        let wantsColor = (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
        self.init(json: json, isTerminal: isTerminal, usesColor: isTerminal && wantsColor, write: Output.writeAll)
    }

    /// Why a descriptor took nothing.
    package struct WriteFailure: Error, Equatable {
        package let reason: String

        package init(_ number: Int32) { reason = String(cString: strerror(number)) }
    }

    /// Output to `write`, which gets a file descriptor (1 or 2) and a text.
    package init(
        json: Bool, isTerminal: Bool, usesColor: Bool,
        write: @escaping @Sendable (Int32, String) throws(WriteFailure) -> Void
    ) {
        isJSON = json
        self.isTerminal = isTerminal
        self.usesColor = usesColor
        sink = write
    }

    /// Why something for standard output couldn't be written, if anything.
    package var problem: CommandFailure? {
        failure.withLock { failure in
            failure.map { CommandFailure(.failure, "can't write standard output: \($0.reason)") }
        }
    }

    /// Remembers the first thing that isn't taken. What isn't taken by standard error is nobody's news.
    private func write(_ descriptor: Int32, _ text: String) {
        do throws(WriteFailure) {
            try sink(descriptor, text)
        } catch {
            if descriptor == 1 { failure.withLock { $0 = $0 ?? error } }
        }
    }

    /// The columns of the terminal; nil where standard output isn't one.
    package var width: Int? {
        guard isTerminal else { return nil }
        var size = winsize()
        return ioctl(1, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 100
    }

    /// Writes a line to standard output.
    package func line(_ text: String = "") { write(1, text + "\n") }

    /// Writes a text to standard output as it is.
    package func raw(_ text: String) { write(1, text) }

    /// Writes a line to standard error.
    package func errorLine(_ text: String) { write(errors.load(ordering: .relaxed), text + "\n") }

    /// What is for standard error goes to `descriptor` from now on.
    func moveErrors(to descriptor: Int32) { errors.store(descriptor, ordering: .relaxed) }

    /// Writes a line that is for people only: nothing after `--json`.
    package func note(_ text: String) {
        if !isJSON { line(text) }
    }

    /// `text` in a colour, where colours are shown.
    package func paint(_ text: String, _ color: Color) -> String {
        usesColor ? "\u{1B}[\(color.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// Says why the command ended.
    package func report(_ failure: CommandFailure) {
        guard !failure.isSilent else { return }
        if isJSON { return errorLine(failure.json) }
        // Diagnostics have their own `file:line:column: error:`.
        let isDiagnostic = failure.message.contains(": error: ")
        let text = LogText.lines(isDiagnostic ? failure.message : failure.text)
        errorLine(isDiagnostic ? text : "\(paint("error", .red)): \(text)")
        if let details = failure.ownDetails { errorLine("  \(LogText.lines(details))") }
        if let hint = failure.hint { errorLine("  \(LogText.lines(hint))") }
    }

    static func writeAll(_ descriptor: Int32, _ text: String) throws(WriteFailure) {
        var text = text
        let problem: Int32 = text.withUTF8 { bytes in
            var written = 0
            while written < bytes.count, let base = bytes.baseAddress {
                let count = Glibc.write(descriptor, base + written, bytes.count - written)
                if count < 0, errno == EINTR { continue }
                if count <= 0 { return count < 0 ? errno : EIO }
                written += count
            }
            return 0
        }
        if problem != 0 { throw WriteFailure(problem) }
    }
}
