import MeshCore

/// `wasmesh workflows cancel SERVICE ID…`
enum WorkflowsCancel: Command {
    static let description = CommandDescription(
        "cancel", "asks workflows to end; their code may clean up first",
        arguments: [WorkflowsGroup.service, WorkflowsGroup.ids],
        options: [
            WorkflowsGroup.reason.description, WorkflowOrder.all.description, WorkflowsGroup.type.description,
        ] + WorkflowsGroup.connection,
        examples: [(#"wasmesh workflows cancel shop.Orders o-17 --reason "customer called""#, "")])

    static func run(_ invocation: Invocation) async throws {
        var order = WorkflowOrder(name: "cancel", done: "cancel requested for")
        if let reason = invocation.optional(WorkflowsGroup.reason) {
            order.members = [("reason", JSONText.string(reason))]
        }
        try await order.run(invocation)
    }
}
