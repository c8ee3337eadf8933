import Embedded
import Foundation
import Kafka
import MeshCore

/// Measures the message path against the raw pipeline: the same records consumed, the same rows written, the same records
/// produced, without sandbox, schema, or validation. Everything on this machine, in this run, in turn.
@main
enum MeshBenchmark {
    static func main() async throws {
        Log.configure(minimum: .warning)
        let options = Options(CommandLine.arguments)
        let stage = try await Stage.start(options)
        print("| machine | \(Machine.line) |\n|---|---|")
        print(
            "| records | \(options.records), \(options.keys) keys, \(options.partitions) partitions, about 110 bytes each |"
        )
        var ratios: [Double] = []
        print("\n| run | raw pipeline | mesh | mesh / raw |\n|---|---|---|---|")
        for run in 1...options.rounds {
            let raw = try await RawPipeline.measure(stage)
            let mesh = try await MeshPipeline.measure(stage)
            ratios.append(mesh / raw)
            print("| \(run) | \(rate(raw)) | \(rate(mesh)) | \(percent(mesh / raw)) |")
        }
        let median = ratios.sorted()[ratios.count / 2]
        print("\nmedian: the mesh reaches \(percent(median)) of the raw pipeline (goal: at least 50 %)")
        await stage.stop()
    }

    static func rate(_ value: Double) -> String { "\(Int(value.rounded())) messages/s" }
    static func percent(_ value: Double) -> String { "\(Int((value * 100).rounded())) %" }
}

/// What is measured; `--records N --keys N --partitions N --rounds N`.
struct Options {
    var records = 60_000
    var keys = 5_000
    var partitions: Int32 = 4
    var rounds = 3

    init(_ arguments: [String]) {
        func value(_ name: String) -> Int? {
            guard let index = arguments.firstIndex(of: name), index + 1 < arguments.count else { return nil }
            return Int(arguments[index + 1])
        }
        records = value("--records") ?? records
        keys = value("--keys") ?? keys
        partitions = Int32(value("--partitions") ?? Int(partitions))
        rounds = max(1, value("--rounds") ?? rounds)
    }
}

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
}
