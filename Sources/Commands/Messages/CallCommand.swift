import MeshCore

/// `wasmesh call TARGET [DATA]`
enum CallCommand: Command {
    private static let async = Option<Bool>.flag(
        "async", "Prints {\"id\": …}, the call's id, at once instead of waiting for the answer.")

    static let description = CommandDescription(
        "call", "calls a method and prints its answer",
        discussion: """
            A handler's own error ends with 1 and its code; a mesh that can't be reached with 3. A call that hasn't been started
            when --timeout is over isn't started any more; with --async only where --timeout is given here.
            """,
        arguments: [
            Argument("TARGET", "The method: namespace.Service/method."), Argument("DATA", .optional, Payload.help),
        ],
        options: [
            MessageOptions.key.description, MessageOptions.idempotencyKey.description, async.description,
            Settings.timeout.description, Settings.url.description, Settings.token.description,
        ],
        examples: [
            (#"wasmesh call shop.Orders/place '{"order": {"customer": "c-1", "items": []}}'"#, ""),
            ("wasmesh call shop.Orders/place @order.json --idempotency-key checkout-17", ""),
        ])

    static func run(_ invocation: Invocation) async throws {
        let target = try MessageOptions.target(invocation.arguments[0])
        let data = try Payload.read(invocation.argument(1), directory: invocation.directory)
        let timeout = try invocation.value(Settings.timeout)
        let isAsync = invocation.has(async)
        // Nobody waits for the answer of an asynchronous call: it has a deadline only where this command line gives one.
        let deadline = isAsync && !invocation.isOnCommandLine(Settings.timeout) ? nil : timeout
        let answer = try await MessageOptions.post(
            invocation, target, data, deadline: deadline, isAsync: isAsync, timeout: timeout)
        invocation.output.line(answer.shownJSON(pretty: invocation.output.isTerminal && !invocation.output.isJSON))
    }
}
