import Fuzzing
import MeshCore
import TestSupport
import Testing

@testable import Wasm

/// All host functions with every kind of bad pointer and length: each call is answered, refused, or a trap that names it.
@Suite struct HostCallArgumentTests {
    /// The guest has two pages: 131,072 bytes.
    private static let end: Int32 = 131_072

    /// Numbers that are wrong as pointers, as lengths, as anything, or just right.
    private static let numbers: [Int32] = [
        0, 1, 2, 3, 4, 7, 8, 255, 256, 1023, 1024, 4096, 4097, 65_535, 65_536, end - 8, end - 4, end - 1, end, end + 1,
        1 << 20, (1 << 20) + 1, .max, .max - 1,
        .min, .min + 1, -1, -2, -4, -8, -1024, -65_536,
    ]

    private static let module = Result { try HostCallGuest.module() }

    @Test(arguments: HostCallGuest.functions.indices)
    func `any arguments of any host function are answered, refused, or a trap that names it`(number: Int) throws {
        let function = HostCallGuest.functions[number]
        var random = Seed(function: function.name)
        let module = try Self.module.get()
        for round in 0..<300 {
            let arguments = function.kinds.map { _ in
                random.chance(0.2)
                    ? Int32.random(in: .min ... .max, using: &random)
                    : Self.numbers[random.integer(in: 0...Self.numbers.count - 1)]
            }
            let data = HostCallGuest.call(number, soft: false, arguments)
            for host in [PermissiveHost(values: ["": ""]), StrictHost()] as [any GuestHost] {
                let request = GuestRequest(
                    method: "S/m", data: data,
                    facts: MessageFacts(id: "i", key: "k", type: "t.S/m", source: "/", attempt: 1, service: "t.S"),
                    now: Timestamp(microseconds: 0), randomSecret: [], hasState: round % 2 == 0,
                    state: Array("{}".utf8), limits: SandboxLimits())
                let run = Sandbox.run(module, request, host: host)
                expectKnownEnd(run, function, arguments)
            }
        }
    }

    private func expectKnownEnd(_ run: GuestRun, _ function: HostCallGuest.Function, _ arguments: [Int32]) {
        let call = "\(function.name)(\(arguments.map(String.init).joined(separator: ", ")))"
        switch run.outcome {
        case .completed: #expect(run.memoryBytes == Int(Self.end), "\(call)")
        case .trapped(let trap):
            if trap.kind == .exited {
                #expect(function.name == "proc_exit", "\(call): \(trap)")
            } else {
                #expect(
                    trap.kind == .hostCallMisuse && trap.message.hasPrefix(function.name + ": "), "\(call): \(trap)")
            }
        // Only what is handed out has no result that could say no.
        case .badOutput(let text):
            #expect(
                text.hasPrefix(function.name + ": ") && ["reply", "fail"].contains(function.name), "\(call): \(text)")
        case .failed: #expect(function.name == "fail", "\(call)")
        case .deadlineExceeded, .memoryExceeded, .unavailable, .suspended, .stopped:
            Issue.record("\(call): \(run.outcome)")
        }
    }
}
