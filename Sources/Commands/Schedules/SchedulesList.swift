import MeshCore

/// `wasmesh schedules list`
enum SchedulesList: Command {
    private static let service = Option<String>("service", "NAME", "Only those of one service.")

    static let description = CommandDescription(
        "list", "lists schedules: when each is next, and when it was last",
        options: [service.description] + SchedulesGroup.connection)

    static func run(_ invocation: Invocation) async throws {
        let query = invocation.optional(service).map { [("service", $0)] } ?? []
        let client = try RouterClient(invocation)
        let answer = try await client.control("GET", "schedules", query: query)
        if invocation.output.isJSON { return invocation.output.line(answer.rendered()) }
        let now = Timestamp.now
        var table = Table("method", "cron", "timezone", "next", "last", "fired", "skipped", "last id")
        for row in answer["schedules"]?.elements ?? [] {
            let last = Age.text(since: row.text("lastFiredAt"), now)
            table.add(
                "\(row.text("service"))/\(row.text("method"))", row.text("cron"), row.text("timezone"),
                next(row, now), last.isEmpty ? "never" : last + " ago", row.text("fired"), row.text("skipped"),
                row.text("lastId") + (row.text("open") == "true" ? " (open)" : ""))
        }
        let service = invocation.optional(service)
        let empty = table.rows.isEmpty ? try await EmptyList.text(of: "schedules", service: service, client) : ""
        invocation.output.table(table, empty: empty)
    }

    private static func next(_ row: JSONNode, _ now: Timestamp) -> String {
        if row.text("paused") == "true" { return "paused" }
        guard let due = Timestamp(iso8601: row.text("nextDue")) else { return "not deployed" }
        let left = due.microseconds - now.microseconds
        return left > 0 ? "in " + Age.text(microseconds: left) : "now"
    }
}
