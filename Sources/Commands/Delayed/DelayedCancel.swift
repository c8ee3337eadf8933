import MeshCore

/// `wasmesh delayed cancel ID…`
enum DelayedCancel: Command {
    static let description = CommandDescription(
        "cancel", "takes calls back that are to be sent later",
        arguments: [Argument("ID", .oneOrMore, "Ids, as `wasmesh send` and `wasmesh delayed list` print them.")],
        options: DelayedGroup.connection)

    static func run(_ invocation: Invocation) async throws {
        guard !invocation.arguments.contains("") else { throw CommandFailure.usage("ID is empty") }
        let client = try RouterClient(invocation)
        try await invocation.output.oneByOne(invocation.arguments) { (id: String) throws(CommandFailure) in
            let answer = try await client.control("DELETE", "delayed-sends/\(RouterClient.escape(id))")
            invocation.output.line(invocation.output.isJSON ? answer.rendered() : "\(id) isn't sent any more")
        }
    }
}
