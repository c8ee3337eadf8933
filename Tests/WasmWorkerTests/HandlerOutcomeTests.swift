import MeshCore
import Outbox
import Schemas
import Testing
import Wasm

@testable import WasmWorker

/// What the end of a guest's run means for its message.
@Suite struct HandlerOutcomeTests {
    private func failure(_ code: String, _ message: String, refusal: String?) throws -> Failure? {
        try failure(
            .failed(GuestFailure(code: code, message: message, details: nil, retryable: false)), refusal: refusal)
    }

    private func failure(_ end: GuestOutcome, refusal: String? = nil) throws -> Failure? {
        let compilation = SchemaCompiler.compile([
            SchemaSource(
                path: "t.mesh.graphql",
                text: "@mesh(namespace: \"t\", version: \"1.0.0\")\nservice S { m(a: Int): Void }")
        ])
        let schema = try #require(compilation.schema, "\(compilation.diagnostics)")
        let service = ServiceBinding(schema.services[0], in: schema, code: NoCode(), configuration: [:])
        let method = try #require(service.methods["m"])
        let key = StateKey(service: "t.S", key: "k")
        let execution = Execution(
            source: .log(offset: 1), handler: method.handler,
            message: Message(id: "m", type: "t.S/m", source: "/t", time: .now, key: "k", data: Array("{}".utf8)),
            orderKey: key, stateKey: key, attempt: 1, firstRunAt: .now, offset: 1)
        var run = GuestRun(outcome: end)
        run.firstRefusal = refusal
        let outcome = HandlerOutcome(service: service, method: method, execution: execution, traceparent: nil)
            .outcome(of: run)
        if case .failed(let failure) = outcome { return failure }
        return nil
    }

    private struct NoCode: GuestCode {
        let digest = "d"

        func run(_ request: GuestRequest, host: any GuestHost, workflow: (any WorkflowCalls)?) -> GuestRun {
            GuestRun(outcome: .badOutput("it isn't run"))
        }
    }

    @Test func `a handler that did what it may not is at fault, and not its caller`() throws {
        let refused = try #require(try failure("PERMISSION_DENIED", "no such event", refusal: "no such event"))
        #expect(refused.kind == .denied && refused.error.code == .internalError)
        #expect(refused.error.message.contains("no such event"))
    }

    @Test(
        arguments: zip(
            [
                GuestOutcome.trapped(GuestTrap(kind: .unreachable, message: "wasm backtrace: 0x4b5d")),
                .deadlineExceeded("The guest used up its 5.0 seconds of CPU time. wasm backtrace: 0x4b5d"),
                .memoryExceeded("The guest gave up; its memory has 9 bytes. wasm backtrace: 0x4b5d"),
            ],
            ["crashed", "used up its CPU time", "ran out of memory"]))
    func `a caller is told why the handler was stopped, and not where in its code`(end: GuestOutcome, why: String)
        throws
    {
        let failure = try #require(try failure(end))
        #expect(failure.error.message.contains("backtrace"))
        #expect(failure.told.message == "the handler \(why); the log and the dead letter say where")
        #expect(failure.told.code == failure.error.code && failure.told.retryable == failure.error.retryable)
    }

    @Test func `a handler's own refusal stays its answer`() throws {
        for refusal in [nil, "no such event"] {
            let own = try #require(try failure("PERMISSION_DENIED", "only for members", refusal: refusal))
            #expect(own.kind == .refused && own.error.code == .permissionDenied)
        }
    }
}
