import MeshCore

/// `wasmesh dead-letters list`
enum DeadLettersList: Command {
    private static let limit = Option<Int>(
        "limit", "N", "At most so many, the newest first.", default: 50, limit: Settings.page)

    private static let method = Option<String>("method", "NAME", "Only those of one method, such as place.")
    private static let key = Option<String>("key", "KEY", "Only those of one key.")
    private static let code = Option<String>("code", "CODE", "Only those with this error code.")
    /// By the query's parameter, which is called alike.
    private static let filters = [method, key, code]

    static let description = CommandDescription(
        "list", "lists dead letters with their causes",
        options: [DeadLettersGroup.service.description] + filters.map(\.description) + [limit.description]
            + DeadLettersGroup.connection,
        examples: [("wasmesh dead-letters list --service shop.Orders --method place --code OUT_OF_STOCK", "")])

    static func run(_ invocation: Invocation) async throws {
        var query = [("limit", String(try invocation.value(limit)))]
        if let service = invocation.optional(DeadLettersGroup.service) { query.append(("service", service)) }
        if let name = invocation.optional(method), let slash = name.firstIndex(of: "/") {
            throw CommandFailure.usage(
                "--method has a method's own name, and '\(name)' its service too",
                hint: "--service \(name[..<slash]) --method \(name[slash...].dropFirst())")
        }
        let given = filters.compactMap { option in invocation.optional(option).map { (option.description.name, $0) } }
        query += given
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
        let asked = given.isEmpty ? "" : " with " + given.map { "\($0) \($1)" }.joined(separator: ", ")
        let empty = table.rows.isEmpty ? try await DeadLettersGroup.none(invocation, client, asked: asked) : ""
        invocation.output.table(table, empty: empty)
    }
}
