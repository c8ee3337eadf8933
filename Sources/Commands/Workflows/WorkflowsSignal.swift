import MeshCore
import Schemas

/// `wasmesh workflows signal TARGET ID [DATA]`
enum WorkflowsSignal: Command {
    static let description = CommandDescription(
        "signal", "hands data to a workflow; ends when it is stored, or answered",
        discussion: """
            A signal that comes before the workflow asks for it waits in the journal, in order. One with a result is answered by the
            workflow's code, and its answer is printed.
            """,
        arguments: [
            Argument("TARGET", "The @signal method: namespace.Service/method."), WorkflowsGroup.id,
            Argument("DATA", .optional, Payload.help),
        ],
        options: [MessageOptions.idempotencyKey.description, Settings.timeout.description] + WorkflowsGroup.connection,
        examples: [(#"wasmesh workflows signal shop.Orders/approve o-17 '{"by": "ann"}'"#, "")])

    static func run(_ invocation: Invocation) async throws {
        let answer = try await WorkflowsQuery.ask(invocation, of: .signal)
        // Without a result it is `{}`.
        let isStoredOnly = answer.rendered() == "{}"
        invocation.output.line(
            isStoredOnly && !invocation.output.isJSON
                ? "\(invocation.arguments[0]) is in the journal of \(invocation.arguments[1])"
                : answer.shownJSON(pretty: invocation.output.isTerminal && !invocation.output.isJSON))
    }
}
