import MeshCore

/// `wasmesh lag`
enum LagCommand: Command {
    static let description = CommandDescription(
        "lag", "tells whether the mesh keeps up: what waits, and in which partitions",
        discussion: """
            A partition's lag is what its owner last saw of the log and hasn't done. Parked messages wait for another attempt, or
            behind one; unpublished ones are committed, and on their way to Kafka. The views mesh.lag and mesh.backlog say the same.
            """,
        options: [Settings.url.description, Settings.token.description],
        examples: [("wasmesh lag", "")])

    static func run(_ invocation: Invocation) async throws {
        let answer = try await RouterClient(invocation).control("GET", "backlog")
        if invocation.output.isJSON { return invocation.output.line(answer.rendered()) }
        var kinds = Table("what waits", "messages")
        for kind in answer["backlog"]?.elements ?? [] { kinds.add(kind.text("what"), kind.text("messages")) }
        invocation.output.table(kinds, empty: "nothing is known of what waits")
        var partitions = Table("service", "topic", "partition", "lag", "parked", "next attempt", "unpublished", "owner")
        for row in answer["lag"]?.elements ?? [] {
            partitions.add(
                row.text("consumer_group"), row.text("topic"), row.text("partition"), row["lag"]?.text ?? "unknown",
                row.text("parked"), row.text("next_due"), row.text("unpublished"), row.text("owner"))
        }
        invocation.output.line()
        invocation.output.table(partitions, empty: "no partition is behind")
    }
}
