import MeshCore

/// `wasmesh dead-letters list`
enum DeadLettersList: Command {
    private static let limit = Option<Int>(
        "limit", "N", "At most so many, the newest first.", default: 50, limit: Settings.page)

    static let description = CommandDescription(
        "list", "lists dead letters with their causes",
        options: [DeadLettersGroup.service.description, limit.description] + DeadLettersGroup.connection)

    static func run(_ invocation: Invocation) async throws {
        var query = [("limit", String(try invocation.value(limit)))]
        if let service = invocation.optional(DeadLettersGroup.service) { query.append(("service", service)) }
        let client = try RouterClient(invocation)
        let answer = try await client.control("GET", "dead-letters", query: query)
        if invocation.output.isJSON { return invocation.output.line(answer.rendered()) }
        var table = Table("id", "service", "type", "key", "attempts", "code", "message")
        for letter in answer["dead_letters"]?.elements ?? [] {
            let cause = letter["error"]
            table.add(
                letter.text("id"), letter.text("service"), letter.text("type"), letter.text("key"),
                letter.text("attempts"), cause?.text("code") ?? "", cause?.text("message") ?? "")
        }
        let empty = table.rows.isEmpty ? try await DeadLettersGroup.none(invocation, client) : ""
        invocation.output.table(table, empty: empty)
    }
}
