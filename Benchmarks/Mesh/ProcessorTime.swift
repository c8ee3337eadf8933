import Embedded
import Foundation

/// Seconds of processor time, user and system, that the parts of a run have used so far.
///
/// Everything shares the machine's cores, so this, and not the time on the clock, says what a message costs.
struct ProcessorTime {
    /// This process: the pipeline that is measured, and its Kafka and Postgres clients.
    var pipeline: Double
    var postgres: Double
    var broker: Double

    var sum: Double { pipeline + postgres + broker }

    static func now(_ stage: Stage) -> ProcessorTime {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let own = [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
        return ProcessorTime(
            pipeline: own, postgres: stage.postgres.pid.map(family) ?? 0, broker: stage.broker.pid.map(family) ?? 0)
    }

    static func - (left: ProcessorTime, right: ProcessorTime) -> ProcessorTime {
        ProcessorTime(
            pipeline: left.pipeline - right.pipeline, postgres: left.postgres - right.postgres,
            broker: left.broker - right.broker)
    }

    /// A process, its children that run, and those that have ended.
    private static func family(_ process: Int32) -> Double {
        let children = text("/proc/\(process)/task/\(process)/children").split(separator: " ").compactMap { Int32($0) }
        // The program's name in parentheses may hold anything, so fields count from behind it.
        let fields = text("/proc/\(process)/stat").split(separator: ")").last?.split(separator: " ") ?? []
        let ticks = fields.count > 14 ? fields[11...14].compactMap { Double($0) }.reduce(0, +) : 0
        return ticks / Double(sysconf(Int32(_SC_CLK_TCK))) + children.reduce(0) { $0 + family($1) }
    }

    private static func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
}
