import Foundation
import Testing

@testable import Wasm

@Suite struct `A guest in plain C` {
    private func module() throws -> WasmModule { try WasmModule(CGuest.counter.get(), engine: sharedEngine.get()) }

    private func add(_ by: Int, to state: String? = nil) -> GuestRequest {
        .test("Counters/add", data: "{\"id\":\"k1\",\"by\":\(by)}", state: state)
    }

    @Test func `it is a package once the sections are added`() throws {
        let bytes = try WasmPackage.make(CGuest.counter.get(), schemaText: "service Counters {}", sdk: "c/1")
        let package = try WasmPackage.inspect(bytes)
        #expect(package.imports == package.imports.filter { $0.hasPrefix("mesh.") })
        #expect(package.sdk == "c/1")
    }

    @Test func `it counts: the state, the event and the answer agree`() throws {
        let effects = try #require(Sandbox.run(module(), add(2), host: PermissiveHost()).outcome.effects)
        #expect(effects.reply == Array(#"{"count":2}"#.utf8))
        #expect(effects.state == .set(Array(#"{"id":"k1","count":2}"#.utf8)))
        #expect(effects.messages.map(\.name) == ["counter.changed"])
        #expect(effects.messages.first?.data == Array(#"{"id":"k1","count":2}"#.utf8))
        let next = try #require(
            Sandbox.run(module(), add(3, to: #"{"id": "k1", "count": 40}"#), host: PermissiveHost()).outcome.effects)
        #expect(next.reply == Array(#"{"count":43}"#.utf8))
    }

    @Test func `it calls another counter at every hundredth`() throws {
        let effects = try #require(
            Sandbox.run(module(), add(2, to: #"{"count":99}"#), host: PermissiveHost()).outcome.effects)
        #expect(effects.messages.map(\.kind) == [.emit, .send])
        #expect(effects.messages.last?.name == "demo.Counters/add")
    }

    @Test func `its errors arrive, and its refusals don't leave effects`() throws {
        let refused = Sandbox.run(try module(), add(0), host: PermissiveHost()).outcome
        #expect(
            refused
                == .failed(
                    GuestFailure(
                        code: "NOT_POSITIVE", message: "`by` must be positive", details: #"{"min":1}"#, retryable: false
                    )))
        guard case .failed(let failure) = Sandbox.run(try module(), add(1), host: StrictHost()).outcome else {
            Issue.record("the event was refused, so the guest should have failed")
            return
        }
        #expect(failure.code == "INTERNAL_ERROR" && !failure.retryable)
    }

    @Test func `it deletes`() throws {
        let outcome = Sandbox.run(try module(), .test("Counters/reset", state: "{}"), host: PermissiveHost()).outcome
        #expect(outcome.effects?.state == .deleted)
    }

    @Test func `a message larger than its arena is refused, not written over its memory`() throws {
        let request = GuestRequest.test("Counters/add", data: String(repeating: " ", count: 70_000))
        #expect(Sandbox.run(try module(), request, host: PermissiveHost()).outcome.memoryExceeded != nil)
    }

    @Test func `the C header has every function that the mesh offers, with its type`() throws {
        // Each import is declared once in the header; compiling checked that the types exist, this checks that none is missing.
        let header = try String(contentsOfFile: CGuest.directory + "/wasmesh.h", encoding: .utf8)
        for function in HostFunction.mesh + HostFunction.workflow {
            #expect(header.contains("MESH_IMPORT(\(function.name))"), "\(function.name)")
        }
    }
}

@Suite struct `Many sandboxes at once` {
    /// Each guest checks that its memory is fresh, marks it, and answers with what it was given.
    @Test func `eight threads never see each other's memory, state or effects`() async throws {
        let module = try TextGuest.module(
            handle: """
                (if (i32.load (i32.const 60000)) (then unreachable))
                (if (i32.load (i32.const 4000)) (then unreachable))
                (i32.store (i32.const 60000) (i32.const 1))
                (memory.fill (i32.const 4000) (i32.const 255) (i32.const 5000))
                (drop (memory.grow (i32.const 3)))
                (if (i32.load (i32.const 250000)) (then unreachable))
                (memory.fill (i32.const 250000) (i32.const 255) (i32.const 10000))
                (drop (call $state_set (local.get $data) (local.get $data_len)))
                (drop (call $emit (local.get $data) (local.get $data_len) (local.get $data) (local.get $data_len)))
                (call $reply (local.get $data) (local.get $data_len))
                (global.set $mark (i32.add (global.get $mark) (i32.const 1)))
                (i32.ne (global.get $mark) (i32.const 1))
                """, functions: "(global $mark (mut i32) (i32.const 0))")
        let wrong = await onThreads(8) { thread in
            (0..<500).count { number in
                let data = "{\"thread\":\(thread),\"number\":\(number)}"
                let bytes = Array(data.utf8)
                let expected = GuestOutcome.completed(
                    GuestEffects(
                        reply: bytes, state: .set(bytes),
                        messages: [GuestMessage(kind: .emit, name: data, key: nil, tag: 0, data: bytes)]))
                return Sandbox.run(module, .test(data: data), host: PermissiveHost()).outcome != expected
            }
        }
        #expect(wrong == [Int](repeating: 0, count: 8))
    }

    @Test func `a guest that loops, traps or eats memory leaves its neighbours alone`() async throws {
        let good = try TextGuest.module(handle: "(call $reply (local.get $data) (local.get $data_len)) (i32.const 0)")
        let bad = try [
            "(loop $again (br $again)) unreachable", "unreachable", HostileGuests.growUntilRefused + "unreachable",
            "(call $reply (i32.const -1) (i32.const 5)) (i32.const 0)",
        ].map { try TextGuest.module(handle: $0) }
        let wrong = await onThreads(8) { thread in
            (0..<40).count { number in
                if thread % 2 == 0 {
                    let request = GuestRequest.test(limiting: { $0.cpuTime = .milliseconds(15) })
                    return Sandbox.run(bad[(thread / 2 + number) % bad.count], request, host: PermissiveHost()).outcome
                        .effects != nil
                }
                return Sandbox.run(good, .test(data: "\(number)"), host: PermissiveHost()).outcome.reply != "\(number)"
            }
        }
        #expect(wrong == [Int](repeating: 0, count: 8))
    }

    @Test func `an engine, its modules and its clock go away together, in any order`() throws {
        for _ in 0..<5 {
            var module: WasmModule?
            do {
                let engine = try WasmEngine(WasmEngine.Configuration(maximumInstances: 2))
                module = try TextGuest.module(handle: "(i32.const 0)", engine: engine)
            }
            let last = try #require(module)
            #expect(Sandbox.run(last, .test(), host: PermissiveHost()).outcome.effects != nil)
            module = nil
        }
    }

    /// Runs `body` on so many threads of its own, and gathers the results in their order.
    private func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Int) async -> [Int] {
        await withTaskGroup(of: (Int, Int).self) { group in
            for thread in 0..<count {
                group.addTask {
                    await withCheckedContinuation { continuation in
                        Thread { continuation.resume(returning: (thread, body(thread))) }.start()
                    }
                }
            }
            var results = [Int](repeating: -1, count: count)
            for await (thread, result) in group { results[thread] = result }
            return results
        }
    }
}

extension Sequence {
    /// How many elements satisfy `predicate`.
    fileprivate func count(_ predicate: (Element) -> Bool) -> Int { reduce(0) { $0 + (predicate($1) ? 1 : 0) } }
}
