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
    private let write: @Sendable (Int32, String) -> Void

    /// Output to the process's own standard output and standard error.
    package convenience init(json: Bool, environment: [String: String]) {
        let isTerminal = isatty(1) == 1
        let wantsColor = (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
        self.init(json: json, isTerminal: isTerminal, usesColor: isTerminal && wantsColor, write: Output.writeAll)
    }

    /// Output to `write`, which gets a file descriptor (1 or 2) and a text.
    package init(
        json: Bool, isTerminal: Bool, usesColor: Bool, write: @escaping @Sendable (Int32, String) -> Void
    ) {
        isJSON = json
        self.isTerminal = isTerminal
        self.usesColor = usesColor
        self.write = write
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
    package func errorLine(_ text: String) { write(2, text + "\n") }

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
        errorLine(isDiagnostic ? failure.message : "\(paint("error", .red)): \(failure.text)")
        if let details = failure.ownDetails { errorLine("  \(details)") }
        if let hint = failure.hint { errorLine("  \(hint)") }
    }

    private static func writeAll(_ descriptor: Int32, _ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var written = 0
            while written < bytes.count, let base = bytes.baseAddress {
                let count = Glibc.write(descriptor, base + written, bytes.count - written)
                if count < 0, errno == EINTR { continue }
                if count <= 0 { return }
                written += count
            }
        }
    }
}
