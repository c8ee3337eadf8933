import MeshCore
import Schemas
import Wasm
import Workflows

/// A service's package as a replay runs it: nothing that its code asks for takes place.
struct ReplayCode: WorkflowCode, Sendable {
    let service: ServiceSchema
    let schema: MeshSchema
    let module: WasmModule
    /// What its code reads with `config` beyond the journal.
    let configuration: [String: String]

    var version: String { schema.version.description }
    var digest: String { module.digest }
    var hasState: Bool { service.stateType != nil }

    func workflow(_ method: String) -> WorkflowMethod? {
        guard let schema = service.method(method), schema.role == .workflow else { return nil }
        var limits = SandboxLimits()
        if let timeout = schema.durable?.timeout { limits.cpuTime = timeout }
        return WorkflowMethod(guestName: service.name + "/" + method, limits: limits, durable: schema.durable)
    }

    func hasSignal(_ method: String) -> Bool { service.method(method)?.role == .signal }

    func answers(signal method: String) -> Bool { service.method(method)?.isAnsweredSignal ?? false }

    func problem(withAnswer answer: [UInt8], of method: String) -> String? { nil }

    // A replay ends where the journal ends, so nothing new is ever asked for, but whether a workflow takes the input that its next run is to have.

    func checkCall(target: String, key: String?, data: [UInt8]) -> CallDecision {
        guard let method = service.methods.first(where: { $0.role == .workflow && $0.qualifiedName == target }) else {
            return .denied("a replay makes no calls")
        }
        do throws(ValueError) {
            try ValueShape.arguments(of: method, in: schema).validate(data)
        } catch {
            return .invalid("\(target): \(error)")
        }
        return .accepted(CallTarget(role: .workflow, key: key, durable: method.durable))
    }

    func run(_ step: LocalStep) -> LocalStepOutcome {
        .failed(MeshError(.failedPrecondition, "a replay runs no handlers"))
    }

    func run(_ request: GuestRequest, calls: any WorkflowCalls) -> GuestRun {
        Sandbox.run(module, request, host: ReplayHost(configuration: configuration), workflow: calls)
    }
}

/// Answers the few questions of a workflow's code that its journal doesn't.
private struct ReplayHost: GuestHost {
    let configuration: [String: String]

    func configuration(_ name: String) -> String? { configuration[name] }
    func checkState(_ state: [UInt8]) -> StateDecision { .accepted }
    func checkEmit(event: String, data: [UInt8]) -> MessageDecision { .denied("a replay sends nothing") }
    func checkSend(target: String, key: String?, data: [UInt8]) -> MessageDecision { .denied("a replay sends nothing") }
}
