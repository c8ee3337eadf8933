import Foundation
import MeshCore
import Wasm

/// Measures a fresh sandbox with one call in it: `sandbox-benchmark GUEST.wasm METHOD DATA [STATE] [THREADS] [RUNS]`.
@main struct SandboxBenchmark {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count >= 4, let file = FileManager.default.contents(atPath: arguments[1]) else {
            print("usage: sandbox-benchmark GUEST.wasm METHOD DATA [STATE] [THREADS] [RUNS]")
            exit(64)
        }
        let threads = arguments.count > 5 ? Int(arguments[5]) ?? 1 : 1
        let runs = arguments.count > 6 ? Int(arguments[6]) ?? 50_000 : 50_000
        let module = try WasmModule(Array(file), engine: try WasmEngine())
        let request = GuestRequest(
            method: arguments[2], data: Array(arguments[3].utf8),
            facts: MessageFacts(
                id: MessageID.make(), key: "k1", type: "demo.\(arguments[2])", source: "/benchmark",
                service: "demo.Service"),
            now: .now, state: arguments.count > 4 && !arguments[4].isEmpty ? Array(arguments[4].utf8) : nil)
        let first = Sandbox.run(module, request, host: Host())
        guard case .completed(let effects) = first.outcome else {
            print("the guest doesn't complete: \(first.outcome)")
            exit(1)
        }
        print(
            "answer \(String(decoding: effects.reply ?? [], as: UTF8.self)), \(effects.messages.count) messages, memory \(first.memoryBytes)"
        )
        for round in 1...5 {
            let clock = ContinuousClock()
            let cpuBefore = cpuMicroseconds()
            let time = clock.measure {
                DispatchQueue.concurrentPerform(iterations: threads) { _ in
                    for _ in 0..<runs { _ = Sandbox.run(module, request, host: Host()) }
                }
            }
            let microseconds = time / .microseconds(1)
            let cpu = (cpuMicroseconds() - cpuBefore) / Double(runs * threads)
            print(
                "round \(round): \(rounded(microseconds / Double(runs))) µs per execution (\(rounded(cpu)) µs of CPU), "
                    + "\(Int(Double(runs * threads) / (microseconds / 1e6))) executions/s on \(threads) thread(s)")
        }
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
