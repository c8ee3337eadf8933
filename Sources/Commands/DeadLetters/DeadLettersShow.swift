import MeshCore

/// `wasmesh dead-letters show ID`
enum DeadLettersShow: Command {
    static let description = CommandDescription(
        "show", "prints one dead letter: payload, headers, cause, attempts",
        arguments: [Argument("ID", "The dead letter's id.")], options: DeadLettersGroup.connection)

    static func run(_ invocation: Invocation) async throws {
        try DeadLettersGroup.check(invocation.arguments[0])
        let id = RouterClient.escape(invocation.arguments[0])
        let answer = try await RouterClient(invocation).control("GET", "dead-letters/\(id)")
        invocation.output.line(answer.shownJSON(pretty: !invocation.output.isJSON))
    }
}
