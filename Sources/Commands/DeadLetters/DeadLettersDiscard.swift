import MeshCore

/// `wasmesh dead-letters discard ID…`
enum DeadLettersDiscard: Command {
    private static let reason = Option<String>("reason", "TEXT", "Why; it is kept.")

    static let description = CommandDescription(
        "discard", "gives dead letters up for good; the rows stay, marked as discarded",
        arguments: [Argument("ID", .many, "Dead letters' ids.")],
        options: [
            DeadLettersGroup.all.description, DeadLettersGroup.service.description, reason.description,
        ] + DeadLettersGroup.connection)

    static func run(_ invocation: Invocation) async throws {
        let client = try RouterClient(invocation)
        let ids = try await DeadLettersGroup.ids(invocation, client)
        let query = invocation.optional(reason).map { [("reason", $0)] } ?? []
        try await invocation.output.oneByOne(ids) { (id: String) throws(CommandFailure) in
            let answer = try await client.control(
                "POST", "dead-letters/\(RouterClient.escape(id))/discard", query: query)
            invocation.output.line(invocation.output.isJSON ? answer.rendered() : "discarded \(id)")
        }
        if ids.isEmpty, !invocation.output.isJSON {
            invocation.output.line(try await DeadLettersGroup.none(invocation, client))
        }
    }
}
