import MeshCore

/// `wasmesh dead-letters redrive ID…`
enum DeadLettersRedrive: Command {
    static let description = CommandDescription(
        "redrive", "sends dead letters again, with the same ids and a new count of attempts",
        arguments: [Argument("ID", .many, "Dead letters' ids.")],
        options: [DeadLettersGroup.all.description, DeadLettersGroup.service.description] + DeadLettersGroup.connection,
        examples: [("wasmesh dead-letters redrive --all --service shop.Orders", "after the fix is deployed")])

    static func run(_ invocation: Invocation) async throws {
        let client = try RouterClient(invocation)
        let ids = try await DeadLettersGroup.ids(invocation, client)
        try await invocation.output.oneByOne(ids) { (id: String) throws(CommandFailure) in
            let answer = try await client.control("POST", "dead-letters/\(RouterClient.escape(id))/redrive")
            invocation.output.line(invocation.output.isJSON ? answer.rendered() : "redriven \(id)")
        }
        if ids.isEmpty, !invocation.output.isJSON {
            invocation.output.line(try await DeadLettersGroup.none(invocation, client))
        }
    }
}
