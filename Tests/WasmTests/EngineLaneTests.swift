import Foundation
import Testing

@testable import Wasm

@Suite struct `Lanes of an engine, one for each processor` {
    private func engine(_ lanes: Int, loadedAt: Int) throws -> WasmEngine {
        var configuration = WasmEngine.Configuration(maximumInstances: 8)
        configuration.lanes = lanes
        configuration.loadedAt = loadedAt
        return try WasmEngine(configuration)
    }

    /// Answers with what it got; an instance that isn't fresh fails.
    private func module(_ engine: WasmEngine) throws -> WasmModule {
        try TextGuest.module(
            handle: """
                (if (i32.load8_u (i32.const 8)) (then (return (i32.const 7))))
                (i32.store8 (i32.const 8) (i32.const 1))
                (call $reply (local.get $data) (local.get $data_len))
                (i32.const 0)
                """, engine: engine)
    }

    @Test func `a module's code is loaded once into each lane that is busy with it`() throws {
        let engine = try engine(3, loadedAt: 1)
        let modules = try [module(engine), module(engine)]
        let codes = modules.map { module in [0, 1, 2, 2, 1, 0].map { module.code(in: $0) } }
        for codes in codes {
            #expect(Set(codes.map(ObjectIdentifier.init)).count == 3)
            #expect(codes[0] === codes[5] && codes[1] === codes[4] && codes[2] === codes[3])
        }
        // Both are in the same engines.
        #expect(zip(codes[0], codes[1]).allSatisfy { $0.lane === $1.lane })
        #expect(Set(codes[0].map { ObjectIdentifier($0.lane) }).count == 3)
    }

    @Test func `a module that is run now and then stays in the first lane`() throws {
        let module = try module(engine(2, loadedAt: 100))
        for _ in 0..<99 { #expect(module.code(in: 1) === module.code(in: 0)) }
        // Twice as often as it takes, as a second may end within.
        for _ in 0..<200 { _ = module.code(in: 1) }
        #expect(module.code(in: 1) !== module.code(in: 0))
    }

    @Test func `an engine of one lane is the first for every processor`() throws {
        let engine = try engine(1, loadedAt: 1)
        let module = try module(engine)
        #expect(engine.currentLane == 0 && module.code === module.code(in: 0))
    }

    @Test func `executions are as fresh in each lane, while threads make them`() async throws {
        let engine = try engine(ProcessInfo.processInfo.processorCount + 1, loadedAt: 1)
        let module = try module(engine)
        let replies = await withTaskGroup(of: Set<String?>.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    Set(
                        (0..<500).map {
                            Sandbox.run(module, .test(data: "[\($0 % 2)]"), host: PermissiveHost()).outcome.reply
                        })
                }
            }
            return await group.reduce(into: Set<String?>()) { $0.formUnion($1) }
        }
        #expect(replies == ["[0]", "[1]"])
    }

    @Test(arguments: [0, 1]) func `a deadline is kept in every lane`(lane: Int) throws {
        let engine = try engine(2, loadedAt: 1)
        let module = try TextGuest.module(handle: "(loop $again (br $again)) unreachable", engine: engine)
        let run = Sandbox.run(
            module.code(in: lane), .test { $0.cpuTime = .milliseconds(20) }, host: PermissiveHost(), workflow: nil)
        #expect(run.outcome.deadlineExceeded != nil, "\(run.outcome)")
    }

    @Test func `more addresses than there are is an error that says so, not the end of the process`() {
        let error = #expect(throws: WasmError.self) {
            try WasmEngine(WasmEngine.Configuration(maximumInstances: 40_000))
        }
        #expect(error?.code == .unavailable && error?.message.contains("GiB of addresses") == true)
    }

    @Test func `an execution goes on where its module and its engine have no other owner left`() throws {
        var module: WasmModule? = try module(engine(2, loadedAt: 1))
        let code = try #require(module?.code(in: 1))
        module = nil
        #expect(Sandbox.run(code, .test(), host: PermissiveHost(), workflow: nil).outcome.reply == "{}")
    }
}
