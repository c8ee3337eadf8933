/// `wasmesh workflows reset SERVICE ID --to SEQ`
enum WorkflowsReset: Command {
    private static let to = Option<Int>(
        "to", "SEQ", "The last journal entry that stays.", limit: { $0 > 0 ? nil : "an entry's number is 1 or more" })

    static let description = CommandDescription(
        "reset", "begins a new run that has the journal up to an entry, and goes on from there",
        discussion: """
            What was done after that entry isn't undone: calls that were made have taken place, and may be made again. The run
            before stays in the journal (`show --run`). Child workflows that it began after that entry are asked to end; one
            with an id of its own goes on, and a run that calls it again joins it. A workflow that has ended isn't reset: that
            is refused (4).
            """,
        arguments: [WorkflowsGroup.service, WorkflowsGroup.id],
        options: [to.description] + WorkflowsGroup.connection,
        examples: [("wasmesh workflows reset shop.Orders o-17 --to 12", "`show` numbers the entries")])

    static func run(_ invocation: Invocation) async throws {
        let entry = try invocation.value(to)
        try await WorkflowOrder(name: "reset", done: "reset", members: [("to", String(entry))]).run(invocation)
    }
}
