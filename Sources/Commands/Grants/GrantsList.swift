import MeshCore

/// `wasmesh grants list`
enum GrantsList: Command {
    private static let service = Option<String>("service", "NAME", "Only those of one service.")

    static let description = CommandDescription(
        "list", "lists what services may do outside, and who allowed it",
        options: [service.description] + GrantsGroup.connection)

    static func run(_ invocation: Invocation) async throws {
        let query = invocation.optional(service).map { [("service", $0)] } ?? []
        let answer = try await RouterClient(invocation).control("GET", "grants", query: query)
        if invocation.output.isJSON { return invocation.output.line(answer.rendered()) }
        let now = Timestamp.now
        var table = Table("service", "capability", "granted by", "age")
        for row in answer["grants"]?.elements ?? [] {
            table.add(
                row.text("service"), row.text("capability"), row.text("grantedBy"),
                Age.text(since: row.text("grantedAt"), now))
        }
        invocation.output.table(table, empty: "no grants: no service may call the outside (wasmesh grants add)")
    }
}
