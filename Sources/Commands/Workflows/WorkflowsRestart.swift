/// `wasmesh workflows restart SERVICE ID…`
enum WorkflowsRestart: Command {
    private static let from = Option<Int>(
        "from", "SEQ", "The last journal entry that stays; what was done up to it isn't done again.",
        defaultText: "it begins from its start", limit: { $0 > 0 ? nil : "an entry's number is 1 or more" })
    private static let arguments = Option<String>(
        "args", "DATA", "Other arguments: JSON as it stands, @FILE, or - for standard input.",
        defaultText: "those that its last run had")

    static let description = CommandDescription(
        "restart", "begins workflows that have ended anew, under their ids, on the deployed package",
        discussion: """
            For what has failed, after a fix: a new run with the same arguments, however the last one ended. What that did isn't
            undone, the service's state stays as it is, and signals have to be sent again. Nobody waits for the new end: who asked
            for the workflow has had its answer, and so has its parent. Child workflows with ids of their own that have ended
            answer as they did: restart those first. With --from it goes on behind an entry of the journal (of the last run),
            if the deployed package does what is there up to it; a call that was still open at the end is CANCELLED then, unless
            it has a deadline. A workflow that runs is refused (4): see `retry` and `reset`.
            """,
        arguments: [WorkflowsGroup.service, Argument("ID", .oneOrMore, "Workflows' ids.")],
        options: [from.description, arguments.description] + WorkflowsGroup.connection,
        examples: [
            ("wasmesh workflows restart shop.Orders o-17", ""),
            ("wasmesh workflows restart shop.Orders o-17 --from 12", "`show` numbers the entries"),
            (#"wasmesh workflows restart shop.Orders o-17 --args '{"order": "o-17", "express": false}'"#, ""),
        ])

    static func run(_ invocation: Invocation) async throws {
        var order = WorkflowOrder(name: "restart", done: "restarted")
        if let entry = invocation.optional(from) { order.members.append(("from", String(entry))) }
        if let data = invocation.optional(arguments) {
            let bytes = try Payload.read(data, directory: invocation.directory)
            order.members.append(("input", String(decoding: bytes, as: UTF8.self)))
        }
        if order.members.count > 1 {
            throw CommandFailure.usage(
                "--from and --args exclude each other", hint: "what goes on from an entry has the arguments that it had"
            )
        }
        if !order.members.isEmpty, invocation.arguments.count > 2 {
            throw CommandFailure.usage("--\(order.members[0].name == "from" ? "from" : "args") is for one workflow")
        }
        try await order.run(invocation)
    }
}
