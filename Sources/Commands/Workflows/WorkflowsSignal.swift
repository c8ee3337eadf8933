import MeshCore
import Schemas

/// `wasmesh workflows signal TARGET ID [DATA]`
enum WorkflowsSignal: Command {
    static let description = CommandDescription(
        "signal", "hands data to a workflow; ends when it is stored",
        discussion: "A signal that comes before the workflow asks for it waits in the journal, in order.",
        arguments: [
            Argument("TARGET", "The @signal method: namespace.Service/method."), WorkflowsGroup.id,
            Argument("DATA", .optional, Payload.help),
        ],
        options: [MessageOptions.idempotencyKey.description, Settings.timeout.description] + WorkflowsGroup.connection,
        examples: [(#"wasmesh workflows signal shop.Orders/approve o-17 '{"by": "ann"}'"#, "")])

    static func run(_ invocation: Invocation) async throws {
        let answer = try await WorkflowsQuery.ask(invocation, of: .signal)
        invocation.output.line(
            invocation.output.isJSON
                ? answer.rendered() : "\(invocation.arguments[0]) is in the journal of \(invocation.arguments[1])")
    }
}
