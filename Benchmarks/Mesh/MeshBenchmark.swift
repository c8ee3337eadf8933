import Allocator
import Foundation
import MeshCore

/// Measures the whole mesh on a broker and a Postgres that it starts itself; prints tables.
@main
enum MeshBenchmark {
    static func main() async {
        Allocator.start()
        Log.configure(minimum: .warning)
        do {
            try await run()
        } catch {
            note("\(error)")
            exit(1)
        }
    }

    private static func run() async throws {
        let options = Options(CommandLine.arguments)
        say("| machine | \(Machine.line) |\n|---|---|")
        for name in options.chosen {
            let stage = try await Stage.start(options)
            say("\n")
            switch name {
            case "path": try await PathBenchmark.run(stage)
            case "latency": try await LatencyBenchmark.run(stage)
            case "sql": try await SQLLaneBenchmark.run(stage)
            case "workflows": try await WorkflowBenchmark.run(stage)
            case Options.scaling: try await ScalingBenchmark.run(stage)
            default: try await BloatBenchmark.run(stage)
            }
            say("\nload of the machine at the end: \(Machine.load)")
            await stage.stop()
        }
    }
}

/// Values in order, for percentiles.
struct Distribution: Sendable {
    private let values: [Double]

    init(_ values: [Double]) { self.values = values.sorted() }

    func percentile(_ share: Double) -> Double {
        values.isEmpty ? .nan : values[min(values.count - 1, Int(Double(values.count) * share))]
    }

    var mean: Double { values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count) }

    /// `p50 | p99 | mean` of milliseconds, as cells of a table.
    var cells: String { [percentile(0.5), percentile(0.99), mean].map { decimal($0) }.joined(separator: " | ") }
}

func decimal(_ value: Double, _ digits: Int = 2) -> String { String(format: "%.\(digits)f", value) }

/// Prints a line at once, also into a file.
func say(_ line: String) {
    print(line)
    fflush(nil)
}

/// Prints a remark beside the tables.
func note(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }
