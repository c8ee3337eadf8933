import MeshCore

/// `wasmesh state SERVICE KEY`
enum StateCommand: Command {
    static let description = CommandDescription(
        "state", "prints the state of one key of a service",
        discussion: "For more than one key, ask the typed view with SQL: `select * from shop.orders`.",
        arguments: [Argument("SERVICE", "namespace.Service."), Argument("KEY", "The key.")],
        options: [Settings.url.description, Settings.token.description],
        examples: [("wasmesh state shop.Orders 0199f2c4-…", "")])

    static func run(_ invocation: Invocation) async throws {
        for (argument, value) in zip(description.arguments, invocation.arguments) where value.isEmpty {
            throw CommandFailure.usage("\(argument.name) is empty", hint: "`wasmesh state --help` shows how")
        }
        let service = RouterClient.escape(invocation.arguments[0])
        let key = RouterClient.escape(invocation.arguments[1])
        let answer = try await RouterClient(invocation).control("GET", "state/\(service)/\(key)")
        invocation.output.line(answer.shownJSON(pretty: !invocation.output.isJSON))
    }
}
