import MeshCore

/// `wasmesh send TARGET [DATA]`
enum SendCommand: Command {
    static let description = CommandDescription(
        "send", "sends a message to a method without waiting for its answer",
        discussion:
            "It ends as soon as the message is durable; what becomes of it, `wasmesh dead-letters` and the state show.",
        arguments: [
            Argument("TARGET", "The method: namespace.Service/method."), Argument("DATA", .optional, Payload.help),
        ],
        options: [
            MessageOptions.key.description, MessageOptions.idempotencyKey.description, Settings.url.description,
            Settings.token.description,
        ],
        examples: [(#"wasmesh send shop.Orders/remind '{"order": "o-1"}'"#, "")])

    static func run(_ invocation: Invocation) async throws {
        let target = try MessageOptions.target(invocation.arguments[0])
        let data = try Payload.read(invocation.argument(1), directory: invocation.directory)
        let answer = try await MessageOptions.post(
            invocation, target, data, deadline: nil, isAsync: true, timeout: .seconds(30))
        invocation.output.line(invocation.output.isJSON ? answer.rendered() : answer.text("id"))
    }
}
