import Glibc
import Synchronization

/// The process's log: one line per entry on standard error, human-readable on a terminal, JSON otherwise or when asked.
///
/// Facts that are empty aren't written.
package struct Log: Sendable {
    package enum Level: Int, Sendable, Comparable, CaseIterable {
        case debug, info, warning, error
        package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
        package var name: String { String(describing: self) }
    }

    /// What a line is about; a short noun such as `worker` or `relay`.
    package let component: String

    package init(_ component: String) { self.component = component }

    private static let minimum = Atomic<Int>(Level.info.rawValue)
    private static let json = Atomic<Bool>(isatty(2) == 0)

    /// Sets the least level that is written, and whether lines are JSON objects, for the whole process.
    package static func configure(minimum level: Level, json useJSON: Bool? = nil) {
        minimum.store(level.rawValue, ordering: .relaxed)
        if let useJSON { json.store(useJSON, ordering: .relaxed) }
    }

    /// Writes nothing from now on; for commands that say themselves what they find.
    package static func silence() { minimum.store(Int.max, ordering: .relaxed) }

    package func debug(_ message: @autoclosure () -> String, _ facts: KeyValuePairs<String, String> = [:]) {
        write(.debug, message, facts)
    }
    package func info(_ message: @autoclosure () -> String, _ facts: KeyValuePairs<String, String> = [:]) {
        write(.info, message, facts)
    }
    package func warning(_ message: @autoclosure () -> String, _ facts: KeyValuePairs<String, String> = [:]) {
        write(.warning, message, facts)
    }
    package func error(_ message: @autoclosure () -> String, _ facts: KeyValuePairs<String, String> = [:]) {
        write(.error, message, facts)
    }

    private func write(_ level: Level, _ message: () -> String, _ facts: KeyValuePairs<String, String>) {
        guard level.rawValue >= Log.minimum.load(ordering: .relaxed) else { return }
        var line: String
        if Log.json.load(ordering: .relaxed) {
            line =
                "{\"time\":\"\(Timestamp.now.iso8601)\",\"level\":\"\(level.name)\",\"component\":\"\(component)\",\"message\":"
            JSONText.appendString(message(), to: &line)
            for (name, value) in facts where !value.isEmpty {
                line += ",\(JSONText.string(name)):\(JSONText.string(value))"
            }
            line += "}\n"
        } else {
            line = "\(Timestamp.now.iso8601.dropFirst(11).prefix(12)) \(level.name) \(component): "
            LogText.append(message(), to: &line)
            for (name, value) in facts where !value.isEmpty {
                line += " \(name)="
                LogText.append(value, to: &line)
            }
            line += "\n"
        }
        // One write per line, so that lines of several threads don't mix.
        line.withUTF8 { _ = Glibc.write(2, $0.baseAddress, $0.count) }
    }
}
