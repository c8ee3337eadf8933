internal import Foundation

/// What /proc tells of processes.
enum ProcessTable {
    /// Resident memory in kB, open descriptors, threads; nil where it is gone.
    static func usage(of pid: Int32) -> (kilobytes: Int, descriptors: Int, threads: Int)? {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8) else { return nil }
        func number(_ name: String) -> Int? {
            status.split(separator: "\n").first { $0.hasPrefix(name) }
                .flatMap { $0.split(whereSeparator: { " \t".contains($0) }).dropFirst().first }.flatMap { Int($0) }
        }
        guard let memory = number("VmRSS:") else { return nil }
        let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count) ?? 0
        return (memory, descriptors, number("Threads:") ?? 0)
    }

    /// The processes that `pid` has started.
    static func children(of pid: Int32) -> [Int32] {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)) ?? ""
        return text.split(separator: " ").compactMap { Int32($0) }
    }
}
