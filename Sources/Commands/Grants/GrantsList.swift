import MeshCore

/// `wasmesh grants list`
enum GrantsList: Command {
    private static let service = Option<String>("service", "NAME", "Only those of one service.")

    static let description = CommandDescription(
        "list", "lists what services may do outside, and who allowed it",
        options: [service.description] + GrantsGroup.connection)

    static func run(_ invocation: Invocation) async throws {
        let only = invocation.optional(service)
        let client = try RouterClient(invocation)
        let answer = try await client.control("GET", "grants", query: only.map { [("service", $0)] } ?? [])
        if invocation.output.isJSON { return invocation.output.line(answer.rendered()) }
        let now = Timestamp.now
        var table = Table("service", "capability", "granted by", "age")
        for row in answer["grants"]?.elements ?? [] {
            table.add(
                row.text("service"), row.text("capability"), row.text("grantedBy"),
                Age.text(since: row.text("grantedAt"), now))
        }
        guard table.rows.isEmpty, only != nil else {
            return invocation.output.table(
                table, empty: "no grants: no service may call the outside (wasmesh grants add)")
        }
        invocation.output.line(try await EmptyList.text(of: "grants", service: only, client))
    }
}
