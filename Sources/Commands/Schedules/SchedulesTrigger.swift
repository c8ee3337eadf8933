/// `wasmesh schedules trigger TARGET…`
enum SchedulesTrigger: Command {
    static let description = CommandDescription(
        "trigger", "calls scheduled methods now, beside their schedules",
        discussion: """
            The call takes place at once, whatever `overlap` says. Beside a workflow of the schedule that is open it is none of
            the schedule's: what `overlap` says of later fires doesn't look at it. Else it counts as the schedule's last call.
            """,
        arguments: [SchedulesGroup.method], options: SchedulesGroup.connection)

    static func run(_ invocation: Invocation) async throws {
        try await SchedulesGroup.order(invocation, "trigger", done: "triggered")
    }
}
