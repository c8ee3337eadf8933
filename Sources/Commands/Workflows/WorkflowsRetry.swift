/// `wasmesh workflows retry SERVICE ID…`
enum WorkflowsRetry: Command {
    static let description = CommandDescription(
        "retry", "runs stuck workflows again, after a fix or a rollback",
        discussion: "What came for a stuck workflow meanwhile is in its journal; nothing is lost.",
        arguments: [WorkflowsGroup.service, WorkflowsGroup.ids],
        options: [WorkflowOrder.all.description, WorkflowsGroup.type.description] + WorkflowsGroup.connection,
        examples: [("wasmesh workflows retry shop.Orders --all", "all that are stuck")])

    static func run(_ invocation: Invocation) async throws {
        var order = WorkflowOrder(name: "retry", done: "retried")
        order.statuses = "stuck"
        try await order.run(invocation)
    }
}
