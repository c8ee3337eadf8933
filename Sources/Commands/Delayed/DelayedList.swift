import MeshCore

/// `wasmesh delayed list`
enum DelayedList: Command {
    private static let service = Option<String>("service", "NAME", "Only calls of one service, such as shop.Orders.")
    private static let limit = Option<Int>(
        "limit", "N", "At most so many, the next ones first.", default: 50, limit: Settings.page)

    static let description = CommandDescription(
        "list", "lists calls that wait for their time",
        options: [service.description, limit.description] + DelayedGroup.connection)

    static func run(_ invocation: Invocation) async throws {
        var query = [("limit", String(try invocation.value(limit)))]
        if let name = invocation.optional(service) { query.append(("service", name)) }
        let answer = try await RouterClient(invocation).control("GET", "delayed-sends", query: query)
        if invocation.output.isJSON { return invocation.output.line(answer.rendered()) }
        var table = Table("id", "method", "key", "due", "from", "age")
        let now = Timestamp.now
        for row in answer["delayedSends"]?.elements ?? [] {
            table.add(
                row.text("id"), row.text("method"), row.text("key"), row.text("due"), row.text("source"),
                Age.text(since: row.text("createdAt"), now))
        }
        invocation.output.table(table, empty: "no calls are to be sent later")
    }
}
