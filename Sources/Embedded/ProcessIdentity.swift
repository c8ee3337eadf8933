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
        let fields = line.flatMap(ProcessIdentity.fields) ?? []
        // One that has ended and that its parent hasn't asked for yet does nothing any more.
        if fields.first == "Z" { return nil }
        self.init(number: number, since: fields.count > 19 ? UInt64(fields[19]) : nil)
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

    /// From the third field on, the state. The name in the second one may have spaces and parentheses of its own.
    private static func fields(_ line: String) -> [Substring]? {
        line.lastIndex(of: ")").map { line[line.index(after: $0)...].split(separator: " ") }
    }
}
