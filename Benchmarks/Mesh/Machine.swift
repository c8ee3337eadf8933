import Foundation

/// The line that tells what the numbers were made on.
enum Machine {
    static var line: String {
        let info = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let model = info.split(separator: "\n").first { $0.hasPrefix("model name") }
        let name = model?.split(separator: ":").last?.trimmingCharacters(in: .whitespaces) ?? "unknown"
        let memory = ProcessInfo.processInfo.physicalMemory >> 30
        return
            "\(ProcessInfo.processInfo.activeProcessorCount) cores (\(name)), \(memory) GiB; broker and Postgres (fsync on) on the same machine"
    }

    /// How many processes wanted a core in the last minute: numbers made on a busy machine are only good as ratios.
    static var load: String {
        let text = (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8)) ?? "?"
        return String(text.prefix { $0 != " " })
    }
}
