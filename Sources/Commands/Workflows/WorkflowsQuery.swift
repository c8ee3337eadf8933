import MeshCore
import Schemas

/// `wasmesh workflows query TARGET ID [DATA]`
enum WorkflowsQuery: Command {
    static let description = CommandDescription(
        "query", "asks a workflow's service about it, from committed state, and prints the answer",
        discussion: "The workflow isn't run or disturbed by it.",
        arguments: [
            Argument("TARGET", "The @query method: namespace.Service/method."), WorkflowsGroup.id,
            Argument("DATA", .optional, Payload.help),
        ],
        options: [Settings.timeout.description] + WorkflowsGroup.connection,
        examples: [("wasmesh workflows query shop.Orders/progress o-17", "")])

    static func run(_ invocation: Invocation) async throws {
        let answer = try await ask(invocation, of: .query)
        invocation.output.line(answer.shownJSON(pretty: invocation.output.isTerminal && !invocation.output.isJSON))
    }

    /// Calls the method of the first argument for the workflow of the second one.
    static func ask(_ invocation: Invocation, of role: MethodRole) async throws -> JSONNode {
        let target = try MessageOptions.target(invocation.arguments[0])
        let client = try RouterClient(invocation)
        let message = try await WorkflowMessage(
            Payload.read(invocation.argument(2), directory: invocation.directory), of: target,
            id: invocation.arguments[1], client)
        let timeout = try invocation.value(Settings.timeout)
        var headers = message.headers(timeout: timeout, role: role)
        headers["Idempotency-Key"] = invocation.optional(MessageOptions.idempotencyKey)
        return try await client.post(target, headers: headers, body: message.data, timeout: timeout).node
    }
}
