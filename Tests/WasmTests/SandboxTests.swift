import MeshCore
import Testing

@testable import Wasm

@Suite struct SandboxTests {
    @Test func `a guest's answer comes back`() throws {
        let module = try TextGuest.module(handle: "(call $reply (local.get $data) (local.get $data_len)) i32.const 0")
        let run = Sandbox.run(module, .test(data: "{\"a\":1}"), host: PermissiveHost())
        #expect(run.outcome.effects?.reply == Array("{\"a\":1}".utf8))
    }

    @Test func `an endless loop ends with its CPU time, and not before`() throws {
        let module = try TextGuest.module(handle: "(loop $again (br $again)) unreachable")
        var limits = SandboxLimits()
        limits.cpuTime = .milliseconds(100)
        let run = Sandbox.run(module, .test(limits: limits), host: PermissiveHost())
        guard case .deadlineExceeded = run.outcome else {
            Issue.record("\(run.outcome)")
            return
        }
    }

    @Test func `unreachable code is a trap with its place`() throws {
        let module = try TextGuest.module(handle: "unreachable")
        let trap = try #require(Sandbox.run(module, .test(), host: PermissiveHost()).outcome.trap)
        #expect(trap.kind == .unreachable)
        #expect(trap.message.contains("backtrace"))
    }
}
