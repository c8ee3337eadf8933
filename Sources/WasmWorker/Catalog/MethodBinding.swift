import Schemas
import Wasm

/// A method of a deployed service, with its checks compiled.
final class MethodBinding: Sendable {
    let schema: MethodSchema
    let handler: Handler
    /// `Orders/place`, as the guest is told.
    let guestName: String
    /// What its data must be: the object of a call's arguments, or the event.
    let input: ValueShape
    /// What its answer must be; handlers of events have none.
    let output: ValueShape?
    let limits: SandboxLimits

    init(_ method: MethodSchema, of service: ServiceSchema, in schema: MeshSchema) {
        self.schema = method
        var handler = Handler(
            service: service.qualifiedName, method: method.name, retry: RetryPolicy(of: method),
            batch: method.eventHandler?.batch, isCall: method.eventHandler == nil,
            kind: Handler.Kind(method.role))
        handler.isAnsweredByWorkflow = method.isAnsweredSignal
        if handler.kind.isWorkflowInput { handler.retry = .workflowInput }
        // Its caller waits, and so would all that is for the workflow behind it.
        if handler.kind == .query, method.durable == nil { handler.retry.retries = 0 }
        self.handler = handler
        guestName = service.name + "/" + method.name
        if let event = method.eventHandler {
            input = ValueShape.handledEvent(event, in: schema)
            output = nil
        } else {
            input = ValueShape.arguments(of: method, in: schema)
            output = ValueShape.result(of: method, in: schema)
        }
        var limits = SandboxLimits()
        if let timeout = method.durable?.timeout { limits.cpuTime = timeout }
        self.limits = limits
    }
}
