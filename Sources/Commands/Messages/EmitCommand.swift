import MeshCore

/// `wasmesh emit EVENT [DATA]`
enum EmitCommand: Command {
    private static let id = Option<String>("id", "ID", "The event's id; the same id again is the same event.")
    private static let source = Option<String>("source", "URI", "Who says it.", default: "/cli")

    static let description = CommandDescription(
        "emit", "publishes an event",
        discussion: "The event goes over the router as a CloudEvent; it must be declared in a deployed schema.",
        arguments: [Argument("EVENT", "The event's name: order.placed."), Argument("DATA", .optional, Payload.help)],
        options: [
            MessageOptions.key.description, id.description, source.description, Settings.url.description,
            Settings.token.description,
        ],
        examples: [(#"wasmesh emit payment.captured '{"order": "o-1", "amount": "9.90"}'"#, "")])

    static func run(_ invocation: Invocation) async throws {
        let event = invocation.arguments[0]
        guard event.contains("."), !event.contains("/") else {
            throw CommandFailure.usage("'\(event)' is not an event", hint: "an event has a dotted name: order.placed")
        }
        let data = try Payload.read(invocation.argument(1), directory: invocation.directory)
        let id = invocation.optional(id) ?? MessageID.make()
        var headers = [
            "Content-Type": "application/json", "ce-specversion": "1.0", "ce-id": RouterClient.escape(id),
            "ce-type": RouterClient.escape(event), "ce-source": RouterClient.escape(try invocation.value(source)),
            "ce-time": Timestamp.now.iso8601,
        ]
        if let key = invocation.optional(MessageOptions.key) { headers["ce-subject"] = RouterClient.escape(key) }
        _ = try await RouterClient(invocation).post("events", headers: headers, body: data, timeout: .seconds(30))
        invocation.output.line(invocation.output.isJSON ? "{\"id\":\(JSONText.string(id))}" : id)
    }
}
