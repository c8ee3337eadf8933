import MeshCore

/// `wasmesh workflows upgrade SERVICE ID…`
enum WorkflowsUpgrade: Command {
    private static let to = Option<String>(
        "to", "DIGEST", "The package; its beginning is enough.", defaultText: "what is deployed")

    static let description = CommandDescription(
        "upgrade", "moves running workflows to another package, if that replays their journals",
        discussion: """
            A workflow stays on the package that it started with. This replays it against the other one first; where the code would
            have done something else, the command says at which step, and the workflow stays where it is.
            """,
        arguments: [WorkflowsGroup.service, WorkflowsGroup.ids],
        options: [to.description, WorkflowOrder.all.description, WorkflowsGroup.type.description]
            + WorkflowsGroup.connection,
        examples: [("wasmesh workflows upgrade shop.Orders --all", "to what is deployed")])

    static func run(_ invocation: Invocation) async throws {
        var order = WorkflowOrder(name: "upgrade", done: "upgraded")
        if let digest = invocation.optional(to) { order.members = [("digest", JSONText.string(digest))] }
        try await order.run(invocation)
    }
}
