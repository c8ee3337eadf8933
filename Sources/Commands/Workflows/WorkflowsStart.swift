import MeshCore
import Schemas

/// `wasmesh workflows start TARGET [DATA]`
enum WorkflowsStart: Command {
    private static let id = Option<String>(
        "id", "ID", "The workflow's id; the same id and data again is the same workflow.",
        defaultText: "by the method's rule, else the call's id")
    private static let wait = Option<Bool>.flag("wait", "Waits for its end and prints what it came to.")

    static let description = CommandDescription(
        "start", "starts a workflow and prints its id",
        discussion: """
            The same as a call of its method. An id that another workflow has, with other data, is refused (4); with the same
            data it is joined, so that the command may be repeated. --timeout ends the waiting, not the workflow.
            """,
        arguments: [
            Argument("TARGET", "The @workflow method: namespace.Service/method."),
            Argument("DATA", .optional, Payload.help),
        ],
        options: [id.description, wait.description, Settings.timeout.description] + WorkflowsGroup.connection,
        examples: [
            (#"wasmesh workflows start shop.Orders/fulfil '{"order": "o-17"}' --id o-17"#, ""),
            ("wasmesh workflows start shop.Orders/fulfil @order.json --wait --timeout 5m", "prints the result"),
        ])

    static func run(_ invocation: Invocation) async throws {
        let target = try MessageOptions.target(invocation.arguments[0])
        let client = try RouterClient(invocation)
        let message = try await WorkflowMessage(
            Payload.read(invocation.argument(1), directory: invocation.directory), of: target,
            id: invocation.optional(id), client)
        let timeout = try invocation.value(Settings.timeout)
        var headers = message.headers(role: .workflow)
        if invocation.has(wait) {
            headers["Connect-Timeout-Ms"] = String(timeout.milliseconds)
        } else {
            headers["Prefer"] = "respond-async"
        }
        let (_, answer) = try await client.post(
            target, headers: headers, body: message.data, timeout: timeout)
        if !invocation.has(wait) { try await StartWatch(answer, of: target)?.run(client) }
        if invocation.has(wait) || invocation.output.isJSON {
            let isPretty = invocation.output.isTerminal && !invocation.output.isJSON
            return invocation.output.line(answer.shownJSON(pretty: isPretty))
        }
        guard let workflow = answer["workflow"]?.text else {
            throw CommandFailure(
                .failure, "\(target) isn't a workflow; it was called, as \(answer.text("id"))",
                hint: "`wasmesh routes` tells workflows from other methods")
        }
        invocation.output.line(workflow)
    }
}
