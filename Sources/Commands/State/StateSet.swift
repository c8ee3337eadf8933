import MeshCore

/// `wasmesh state set SERVICE KEY FILE`
enum StateSet: Command {
    static let description = CommandDescription(
        "set", "sets the whole state of one key, for repairs",
        discussion: """
            The state must fit the type of the service's @state. It is a message of the key: it takes its turn behind what was
            accepted before, a message that is parked for another attempt too, and the last one wins.
            """,
        arguments: StateCommand.description.arguments + [Argument("FILE", "The state, JSON; - for standard input.")],
        options: StateCommand.description.options,
        examples: [("wasmesh state set shop.Orders o-17 order.json", "")])

    static func run(_ invocation: Invocation) async throws {
        let path = try StateCommand.path(invocation)
        let state = try Payload.read(file: invocation.arguments[2], directory: invocation.directory)
        let answer = try await RouterClient(invocation).control(
            "PUT", path, body: state, timeout: StateReceipt.patience)
        StateReceipt.report(answer, done: "set", asked: "set", invocation)
    }
}
