import Foundation
import Guests
import MeshCore
import Wasm

/// Measures a fresh sandbox with one call in it: `sandbox-benchmark [GUEST.wasm METHOD DATA [STATE [THREADS [RUNS]]]]`.
///
/// Without a guest it builds the benchmarks' own and calls it as the mesh does: state in, state and an event out.
@main struct SandboxBenchmark {
    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let subject = try arguments.isEmpty ? Subject.tally() : Subject(arguments)
        let module = try WasmModule(subject.wasm, engine: try WasmEngine())
        let first = Sandbox.run(module, subject.request, host: Host())
        guard case .completed(let effects) = first.outcome else {
            print("the guest doesn't complete: \(first.outcome)")
            exit(1)
        }
        print(
            "\(subject.wasm.count >> 10) KiB of code, \(first.memoryBytes >> 10) KiB of memory, \(effects.messages.count) messages emitted\n"
        )
        print("| threads | µs per execution | µs of CPU | executions/s |\n|---|---|---|---|")
        for threads in subject.threads {
            let rounds = (1...5).map { _ in measure(module, subject.request, threads, subject.runs) }
            // The machine's other work only ever adds: the median says what is usual, the best what is possible.
            let median = rounds.sorted { $0.wall < $1.wall }[2]
            let best = rounds.map(\.wall).min() ?? median.wall
            print(
                "| \(threads) | \(rounded(median.wall)) (best \(rounded(best))) | \(rounded(median.cpu)) | \(Int(Double(threads) / median.wall * 1e6)) |"
            )
        }
    }

    /// Microseconds per execution: as the clock on the wall has it, and of the processor's time.
    private static func measure(_ module: WasmModule, _ request: GuestRequest, _ threads: Int, _ runs: Int) -> (
        wall: Double, cpu: Double
    ) {
        let before = cpuMicroseconds()
        let time = ContinuousClock().measure {
            DispatchQueue.concurrentPerform(iterations: threads) { _ in
                for _ in 0..<runs { _ = Sandbox.run(module, request, host: Host()) }
            }
        }
        return (time / .microseconds(1) / Double(runs), (cpuMicroseconds() - before) / Double(runs * threads))
    }

    private static func cpuMicroseconds() -> Double { Double(clock()) }

    private static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
}

/// Allows everything, at no cost.
private struct Host: GuestHost {
    func configuration(_ name: String) -> String? { nil }
    func checkState(_ state: [UInt8]) -> StateDecision { .accepted }
    func checkEmit(event: String, data: [UInt8]) -> MessageDecision { .accepted(key: nil, tag: 0) }
    func checkSend(target: String, key: String?, data: [UInt8]) -> MessageDecision { .accepted(key: key, tag: 0) }
}

/// What is run, and how often.
private struct Subject {
    var wasm: [UInt8]
    var request: GuestRequest
    var threads = [1, 2]
    var runs = 50_000

    init(wasm: [UInt8], method: String, data: String, state: String?) {
        self.wasm = wasm
        request = GuestRequest(
            method: method, data: Array(data.utf8),
            facts: MessageFacts(
                id: MessageID.make(), key: "name-1", type: "bench.\(method)", source: "/benchmark",
                service: "bench.Service"),
            now: .now, state: state.map { Array($0.utf8) })
    }

    init(_ arguments: [String]) throws {
        guard arguments.count >= 3, let file = FileManager.default.contents(atPath: arguments[0]) else {
            print("usage: sandbox-benchmark [GUEST.wasm METHOD DATA [STATE [THREADS [RUNS]]]]")
            exit(64)
        }
        self.init(
            wasm: Array(file), method: arguments[1], data: arguments[2],
            state: arguments.count > 3 && !arguments[3].isEmpty ? arguments[3] : nil)
        if arguments.count > 4, let threads = Int(arguments[4]), threads > 0 { self.threads = [threads] }
        if arguments.count > 5, let runs = Int(arguments[5]), runs > 0 { self.runs = runs }
    }

    static func tally() throws -> Subject {
        let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../Guests/tally").standardizedFileURL.path
        let build = try GuestBuilder(try GuestProject.load(directory), try .standard()).build()
        return Subject(
            wasm: Array(try Data(contentsOf: URL(fileURLWithPath: build.path))), method: "Tally/add",
            data:
                "{\"entry\":{\"name\":\"name-1\",\"amount\":\"12.50\",\"note\":\"a note of some length, as orders have\"}}",
            state: "{\"name\":\"name-1\",\"total\":\"1250.00\",\"count\":100}")
    }
}
