import Foundation
import MeshCore
import Outbox
import Schemas
import TestSupport
import Wasm

@testable import Workflows

/// `TestCode` in the sandbox: the same programs and steps, compiled from `Guests/machine.c`.
struct GuestCode: WorkflowCode {
    static let module = Result {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let bytes = try CGuestCompiler.compile(
            root.appendingPathComponent("Guests/machine.c").path,
            include: root.appendingPathComponent("../../SDK/C").standardizedFileURL.path)
        return try WasmModule(bytes, engine: WasmEngine(WasmEngine.Configuration(maximumInstances: 8)))
    }

    let module: WasmModule
    var native = TestCode()
    /// The method that the workflow is, as the guest is told.
    var guestName = "W/run"
    var limits = SandboxLimits()
    var stepLimits = SandboxLimits()

    var digest: String { native.digest }
    var version: String { native.version }
    var hasState: Bool { native.hasState }

    func workflow(_ method: String) -> WorkflowMethod? {
        WorkflowMethod(guestName: guestName, limits: limits, durable: nil)
    }

    func hasSignal(_ method: String) -> Bool { native.hasSignal(method) }
    func answers(signal method: String) -> Bool { native.answers(signal: method) }
    func problem(withAnswer answer: [UInt8], of method: String) -> String? {
        native.problem(withAnswer: answer, of: method)
    }

    func checkCall(target: String, key: String?, data: [UInt8]) -> CallDecision {
        native.checkCall(target: target, key: key, data: data)
    }

    func run(_ request: GuestRequest, calls: any WorkflowCalls) -> GuestRun {
        Sandbox.run(module, request, host: TestHost(), workflow: calls)
    }

    func run(_ step: LocalStep) -> LocalStepOutcome {
        let request = GuestRequest(
            method: "W/" + step.method, data: step.data,
            facts: MessageFacts(
                id: step.id, key: step.workflow.key, type: "shop.W/" + step.method, source: "/shop.W",
                attempt: step.attempt, service: "shop.W"),
            now: step.now, state: step.state, limits: stepLimits)
        let run = Sandbox.run(module, request, host: TestHost())
        switch run.outcome {
        case .completed(let effects):
            let messages = effects.messages.map { sent in
                OutgoingMessage(
                    Message(
                        id: "e", type: sent.name, source: "/shop.W", time: step.now, key: sent.key, data: sent.data))
            }
            return .done(
                reply: effects.reply ?? Array("{}".utf8), state: effects.state, messages: messages, logs: run.logs)
        case .failed(let failure):
            return .failed(
                MeshError(
                    ErrorCode(rawValue: failure.code) ?? .failedPrecondition, failure.message,
                    retryable: failure.retryable, timestamp: step.now))
        default: return .failed(MeshError(.internalError, "\(run.outcome)"))
        }
    }
}

/// The guest as the one package that is there.
struct GuestEnvironment: WorkflowEnvironment {
    var code: GuestCode
    var randomSecret: [UInt8] { [1, 2, 3] }

    func currentCode(of service: String) -> GuestCode? { code }
    func code(of service: String, digest: String) -> GuestCode? { code }
}
