import MeshCore
import Outbox

/// `wasmesh workflows list`
enum WorkflowsList: Command {
    private static let service = Option<String>("service", "NAME", "Only those of one service.")
    private static let status = Option<String>(
        "status", "STATUS,…", "running, stuck, completed, failed, cancelled, terminated; open (the first two) or all.")
    private static let waiting = Option<String>(
        "waiting", "TEXT", "Only those that wait for something with this in its name, such as a signal.")
    private static let waitingFor = Option<Duration>(
        "waiting-longer", "TIME", "Only those that have waited for longer than that.")
    private static let since = Option<String>("since", "TIME", "Only those that started since (2h, or an ISO time).")
    private static let id = Option<String>("id", "PREFIX", "Only those whose id begins so.")
    private static let digest = Option<String>("digest", "PREFIX", "Only those that run on this package.")
    private static let parent = Option<String>("parent", "SERVICE/ID", "Only the children of one workflow.")
    private static let counts = Option<Bool>.flag("counts", "Only how many there are, by type and status.")
    private static let after = Option<String>("after", "PLACE", "Goes on behind a page, where it said so.")
    private static let limit = Option<Int>(
        "limit", "N", "At most so many.", default: 50, limit: Settings.page)

    static let description = CommandDescription(
        "list", "lists workflows, those that started last first",
        options: [
            service.description, WorkflowsGroup.type.description, status.description, waiting.description,
            waitingFor.description, since.description, id.description, digest.description, parent.description,
            counts.description, after.description, limit.description,
        ] + WorkflowsGroup.connection,
        examples: [
            ("wasmesh workflows list --status stuck", "what needs somebody"),
            ("wasmesh workflows list --waiting approve --waiting-longer 24h", "approvals that nobody gave for a day"),
            ("wasmesh workflows list --counts", ""),
        ])

    static func run(_ invocation: Invocation) async throws {
        let client = try RouterClient(invocation)
        if invocation.has(counts) { return try await count(invocation, client) }
        let answer = try await client.control("GET", "workflows", query: try query(invocation))
        if invocation.output.isJSON { return invocation.output.line(answer.rendered()) }
        let now = Timestamp.now
        var table = Table("service", "type", "id", "status", "age", "waits for", "since", "error")
        for row in answer["workflows"]?.elements ?? [] {
            table.add(
                row.text("service"), row.text("type"), row.text("id"), row.text("status"),
                Age.text(since: row.text("startedAt"), now), row.text("waitingFor"),
                Age.text(since: row.text("waitingSince"), now), row["error"]?.text("message") ?? "")
        }
        try await show(table, invocation, client)
        if let next = answer["next"]?.text {
            invocation.output.note(invocation.output.paint("more with --after \(next.shellQuoted)", .dim))
        }
    }

    private static func count(_ invocation: Invocation, _ client: RouterClient) async throws {
        let given = [WorkflowsGroup.type, status, waiting, since, id, digest, parent, after].filter {
            invocation.optional($0) != nil
        }.map(
            \.description.name)
        if let other = invocation.optional(waitingFor) != nil ? waitingFor.description.name : given.first {
            throw CommandFailure(
                .usage, "--counts counts all workflows, or those of one --service; it doesn't go with --\(other)")
        }
        let query = invocation.optional(service).map { [("service", $0)] } ?? []
        let answer = try await client.control("GET", "workflows/counts", query: query)
        if invocation.output.isJSON { return invocation.output.line(answer.rendered()) }
        let now = Timestamp.now
        var table = Table("service", "type", "status", "count", "oldest")
        for row in answer["counts"]?.elements ?? [] {
            table.add(
                row.text("service"), row.text("type"), row.text("status"), row.text("count"),
                Age.text(since: row.text("oldest"), now))
        }
        try await show(table, invocation, client)
    }

    private static func show(_ table: Table, _ invocation: Invocation, _ client: RouterClient) async throws {
        let service = invocation.optional(service)
        let empty = table.rows.isEmpty ? try await EmptyList.text(of: "workflows", service: service, client) : ""
        invocation.output.table(table, empty: empty)
    }

    /// A slip of the pen is told here, with what there is, and ends as every wrong command line does.
    private static func checkStatus(_ invocation: Invocation) throws {
        let known = WorkflowRow.Status.allCases.map(\.rawValue) + ["open", "all"]
        for name in (invocation.optional(status) ?? "").split(separator: ",") where !known.contains(String(name)) {
            throw CommandFailure.usage(
                "--status: '\(name)' is not a status",
                hint: "write one of these, or several with commas between: \(known.joined(separator: ", "))")
        }
    }

    private static func query(_ invocation: Invocation) throws -> [(String, String)] {
        try checkStatus(invocation)
        var query = [("limit", String(try invocation.value(limit)))]
        let texts = [
            ("service", service), ("type", WorkflowsGroup.type), ("status", status), ("waiting", waiting), ("id", id),
            ("digest", digest), ("parent", parent), ("after", after),
        ]
        for (name, option) in texts {
            if let text = invocation.optional(option) { query.append((name, text)) }
        }
        if let text = invocation.optional(since) {
            guard let time = Age.time(text) else {
                throw CommandFailure.usage(
                    "--since: '\(text)' is not a time", hint: "write 30m, 2h, or 2026-11-21T06:00:00Z")
            }
            query.append(("since", time.iso8601))
        }
        if let duration = invocation.optional(waitingFor) {
            query.append(("waiting-since", Timestamp.now.advanced(by: .zero - duration).iso8601))
        }
        return query
    }
}
