import MeshCore

/// `wasmesh state delete SERVICE KEY`
enum StateDelete: Command {
    static let description = CommandDescription(
        "delete", "deletes the state of one key, for repairs",
        discussion: """
            It is a message of the key: it takes its turn behind what was accepted before, a message that is parked for another
            attempt too. A workflow of that key goes on.
            """,
        arguments: StateCommand.description.arguments, options: StateCommand.description.options,
        examples: [("wasmesh state delete shop.Orders o-17", "")])

    static func run(_ invocation: Invocation) async throws {
        let answer = try await RouterClient(invocation).control(
            "DELETE", StateCommand.path(invocation), timeout: StateReceipt.patience)
        StateReceipt.report(answer, done: "deleted", asked: "delete", invocation)
    }
}
