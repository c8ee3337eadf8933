import MeshCore

/// `wasmesh limits list`
enum LimitsList: Command {
    static let description = CommandDescription(
        "list", "lists the limits, and how many calls wait and are under way", options: LimitsGroup.connection)

    static func run(_ invocation: Invocation) async throws {
        let answer = try await RouterClient(invocation).control("GET", "limits")
        if invocation.output.isJSON { return invocation.output.line(answer.rendered()) }
        let now = Timestamp.now
        var table = Table("origin", "limit", "waiting", "under way", "set by", "age")
        for row in answer["limits"]?.elements ?? [] {
            table.add(
                row.text("origin"), LimitsGroup.text(row), row.text("waiting"), row.text("underWay"), row.text("setBy"),
                Age.text(since: row.text("setAt"), now))
        }
        invocation.output.table(table, empty: "no limits: the outside is called as fast as egress processes can")
    }
}
