import MeshCore

/// `wasmesh workflows terminate SERVICE ID…`
enum WorkflowsTerminate: Command {
    static let description = CommandDescription(
        "terminate", "ends workflows at once, without running their code: no clean-up, no compensations",
        arguments: [WorkflowsGroup.service, WorkflowsGroup.ids],
        options: [
            WorkflowsGroup.reason.description, WorkflowOrder.all.description, WorkflowsGroup.type.description,
        ] + WorkflowsGroup.connection)

    static func run(_ invocation: Invocation) async throws {
        var order = WorkflowOrder(name: "terminate", done: "terminated")
        if let reason = invocation.optional(WorkflowsGroup.reason) {
            order.members = [("reason", JSONText.string(reason))]
        }
        try await order.run(invocation)
    }
}
