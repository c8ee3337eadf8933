import MeshCore

/// `wasmesh dead-letters redrive ID…`
enum DeadLettersRedrive: Command {
    private static let payload = Option<String>(
        "payload", "FILE",
        "Sends this in place of the payload that it had: JSON, - for standard input. It must fit the schema and keep the key; for one id only."
    )

    static let description = CommandDescription(
        "redrive", "sends dead letters again, with the same ids and a new count of attempts",
        arguments: [Argument("ID", .many, "Dead letters' ids.")],
        options: [
            DeadLettersGroup.all.description, DeadLettersGroup.service.description, payload.description,
        ] + DeadLettersGroup.connection,
        examples: [
            ("wasmesh dead-letters redrive --all --service shop.Orders", "after the fix is deployed"),
            ("wasmesh dead-letters redrive 17 --payload mended.json", "where the message is what was wrong"),
        ])

    static func run(_ invocation: Invocation) async throws {
        let client = try RouterClient(invocation)
        let body = try payload(of: invocation)
        let ids = try await DeadLettersGroup.ids(invocation, client)
        try await invocation.output.oneByOne(ids) { (id: String) throws(CommandFailure) in
            let answer = try await client.control(
                "POST", "dead-letters/\(RouterClient.escape(id))/redrive", body: body)
            invocation.output.line(invocation.output.isJSON ? answer.rendered() : "redriven \(id)")
        }
        if ids.isEmpty, !invocation.output.isJSON {
            invocation.output.line(try await DeadLettersGroup.none(invocation, client))
        }
    }

    /// What is sent in place of the payload; empty for the one that it had.
    private static func payload(of invocation: Invocation) throws(CommandFailure) -> [UInt8] {
        guard let file = invocation.optional(payload) else { return [] }
        guard !invocation.has(DeadLettersGroup.all), invocation.arguments.count == 1 else {
            throw .usage("--payload is for one dead letter", hint: "give its id, and no other")
        }
        try DeadLettersGroup.check(invocation.arguments[0])
        return try Payload.read(file: file, directory: invocation.directory)
    }
}
