import Foundation
import Glibc

/// A process that can be told from a later one with its number.
package struct ProcessIdentity: Sendable, Equatable {
    package let number: Int32
    /// When it began, in clock ticks since the machine's start (field 22 of /proc/PID/stat, proc(5)); nil where nobody knows.
    package let since: UInt64?

    package init(number: Int32, since: UInt64?) {
        self.number = number
        self.since = since
    }

    /// The process that runs under this number now; nil where none does.
    package init?(running number: Int32) {
        guard kill(number, 0) == 0 || errno == EPERM else { return nil }
        let line = try? String(contentsOfFile: "/proc/\(number)/stat", encoding: .utf8)
        self.init(number: number, since: line.flatMap(ProcessIdentity.beginning))
    }

    /// This very process.
    package static var own: ProcessIdentity {
        ProcessIdentity(running: getpid()) ?? ProcessIdentity(number: getpid(), since: nil)
    }

    /// True while it runs; one of which it isn't known when it began is taken for the one that has its number.
    package var isAlive: Bool {
        guard let running = ProcessIdentity(running: number) else { return false }
        return since == nil || running.since == nil || since == running.since
    }

    /// The name in the second field may have spaces and parentheses of its own; the fields are counted behind its end.
    private static func beginning(_ line: String) -> UInt64? {
        guard let end = line.lastIndex(of: ")") else { return nil }
        let fields = line[line.index(after: end)...].split(separator: " ")
        return fields.count > 19 ? UInt64(fields[19]) : nil
    }
}
