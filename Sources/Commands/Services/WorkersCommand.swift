import MeshCore

/// `wasmesh workers`
enum WorkersCommand: Command {
    static let description = CommandDescription(
        "workers", "lists the processes of the mesh: workers with their partitions, routers, relays",
        discussion: """
            A process that ended without a goodbye stays on the list for a day, as not alive. To scale, start more workers: the
            partitions spread over them. `wasmesh lag` tells whether they keep up.
            """,
        options: [Settings.url.description, Settings.token.description],
        examples: [("wasmesh workers", "")])

    static func run(_ invocation: Invocation) async throws {
        let answer = try await RouterClient(invocation).control("GET", "workers")
        if invocation.output.isJSON { return invocation.output.line(answer.rendered()) }
        let now = Timestamp.now
        var table = Table("kind", "id", "alive", "pool", "partitions", "host", "process", "up", "last seen")
        for process in answer["workers"]?.elements ?? [] {
            let isAlive = process.text("alive") == "true"
            let partitions = Int(process.text("partitions")) ?? 0
            let seen = Double(process.text("secondsAgo")).map { Age.text(microseconds: Int64($0 * 1_000_000)) }
            table.add(
                process.text("kind"), process.text("id"), isAlive ? "yes" : "no", process.text("pool"),
                partitions > 0 ? String(partitions) : "", process.text("host"), process.text("pid"),
                isAlive ? Age.text(since: process.text("startedAt"), now) : "", seen.map { $0 + " ago" } ?? "")
        }
        invocation.output.table(table, empty: "no process has announced itself")
    }
}
