import MeshCore

/// `wasmesh delayed list`
enum DelayedList: Command {
    private static let service = Option<String>("service", "NAME", "Only calls of one service, such as shop.Orders.")
    private static let method = Option<String>("method", "NAME", "Only those of one method, such as remind.")
    private static let key = Option<String>("key", "KEY", "Only those of one key.")
    private static let limit = Option<Int>(
        "limit", "N", "At most so many, the next ones first.", default: 50, limit: Settings.page)
    /// By the query's parameter, which is called alike.
    private static let filters = [service, method, key]

    static let description = CommandDescription(
        "list", "lists calls that wait for their time",
        options: filters.map(\.description) + [limit.description] + DelayedGroup.connection,
        examples: [("wasmesh delayed list --service shop.Orders --method remind --key o-1", "")])

    static func run(_ invocation: Invocation) async throws {
        try checkMethod(invocation)
        let most = try invocation.value(limit)
        let given = filters.compactMap { option in invocation.optional(option).map { (option.description.name, $0) } }
        let client = try RouterClient(invocation)
        let answer = try await client.control("GET", "delayed-sends", query: [("limit", String(most))] + given)
        if invocation.output.isJSON { return invocation.output.line(answer.rendered()) }
        var table = Table("id", "method", "key", "due", "from", "age")
        let now = Timestamp.now
        for row in answer["delayedSends"]?.elements ?? [] {
            table.add(
                row.text("id"), row.text("method"), row.text("key"), row.text("due"), row.text("source"),
                Age.text(since: row.text("createdAt"), now))
        }
        if table.rows.isEmpty, !given.isEmpty {
            // Of others there may be some.
            let asked = given.filter { $0.0 != service.description.name }.map { "\($0.0) \($0.1)" }
            let things = "delayed calls" + (asked.isEmpty ? "" : " with " + asked.joined(separator: " and "))
            return invocation.output.line(
                try await EmptyList.text(of: things, service: invocation.optional(service), client))
        }
        invocation.output.table(table, empty: "no calls are to be sent later")
        if table.rows.count == most {
            let text = "there may be more: --limit shows up to 1000, --service, --method and --key narrow it down"
            invocation.output.note(invocation.output.paint(text, .dim))
        }
    }

    /// A whole name would find nothing.
    private static func checkMethod(_ invocation: Invocation) throws(CommandFailure) {
        guard let name = invocation.optional(method), let slash = name.firstIndex(of: "/") else { return }
        throw .usage(
            "--method has a method's own name, and '\(name)' its service too",
            hint: "--service \(name[..<slash]) --method \(name[slash...].dropFirst())")
    }
}
