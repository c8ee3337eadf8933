import MeshCore

/// `wasmesh state SERVICE KEY`
enum StateCommand: Command {
    static let description = CommandDescription(
        "state", "prints the state of one key of a service",
        discussion: """
            For more than one key, ask the typed view with SQL: `select * from shop.orders`. `set` and `delete` are for repairs:
            the owner of the key carries them out in turn with the key's messages.
            """,
        arguments: [Argument("SERVICE", "namespace.Service."), Argument("KEY", "The key.")],
        options: [Settings.url.description, Settings.token.description],
        examples: [("wasmesh state shop.Orders 0199f2c4-…", "")],
        subcommands: [StateSet.self, StateDelete.self])

    /// The path of the key that the first two arguments name.
    static func path(_ invocation: Invocation) throws(CommandFailure) -> String {
        for (argument, value) in zip(description.arguments, invocation.arguments) where value.isEmpty {
            throw CommandFailure.usage("\(argument.name) is empty", hint: "`wasmesh state --help` shows how")
        }
        return "state/" + invocation.arguments.prefix(2).map(RouterClient.escape).joined(separator: "/")
    }

    static func run(_ invocation: Invocation) async throws {
        let answer = try await RouterClient(invocation).control("GET", path(invocation))
        invocation.output.line(answer.shownJSON(pretty: !invocation.output.isJSON))
    }
}
