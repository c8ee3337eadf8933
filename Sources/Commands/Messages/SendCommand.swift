import MeshCore

/// `wasmesh send TARGET [DATA]`
enum SendCommand: Command {
    static let description = CommandDescription(
        "send", "sends a message to a method without waiting for its answer",
        discussion: """
            It ends as soon as the message is durable, and prints its id; what becomes of it, `wasmesh dead-letters` and
            the state show. One that is sent later waits in Postgres: `wasmesh delayed list` shows it, `cancel` takes it back.
            """,
        arguments: [
            Argument("TARGET", "The method: namespace.Service/method."), Argument("DATA", .optional, Payload.help),
        ],
        options: [
            MessageOptions.key.description, MessageOptions.idempotencyKey.description, delay.description,
            due.description, Settings.url.description, Settings.token.description,
        ],
        examples: [
            (#"wasmesh send shop.Orders/remind '{"order": "o-1"}'"#, ""),
            (#"wasmesh send shop.Orders/remind '{"order": "o-1"}' --delay 3d"#, ""),
        ])

    private static let delay = Option<Duration>("delay", "DURATION", "Sends it so much later: 90s, 15m, 3d.")
    private static let due = Option<String>("at", "TIME", "Sends it then: 2030-01-31T08:00:00Z.")

    static func run(_ invocation: Invocation) async throws {
        let target = try MessageOptions.target(invocation.arguments[0])
        let data = try Payload.read(invocation.argument(1), directory: invocation.directory)
        let answer = try await MessageOptions.post(
            invocation, target, data, deadline: nil, isAsync: true, start: try start(invocation), timeout: .seconds(30))
        invocation.output.line(invocation.output.isJSON ? answer.rendered() : answer.text("id"))
    }

    /// The header that says when it is sent; nil: at once.
    private static func start(_ invocation: Invocation) throws(CommandFailure) -> (name: String, value: String)? {
        let delay = invocation.optional(delay)
        let due = invocation.optional(due)
        guard delay == nil || due == nil else { throw .usage("--delay and --at are both given; give one") }
        if let delay { return ("Mesh-Delay-Ms", String(delay.milliseconds)) }
        guard let due else { return nil }
        guard Timestamp(iso8601: due) != nil else {
            throw .usage("--at '\(due)' isn't a time", hint: "write it as 2030-01-31T08:00:00Z, with the zone")
        }
        return ("Mesh-Due", due)
    }
}
