/// `wasmesh schedules trigger TARGET…`
enum SchedulesTrigger: Command {
    static let description = CommandDescription(
        "trigger", "calls scheduled methods now, beside their schedules",
        arguments: [SchedulesGroup.method], options: SchedulesGroup.connection)

    static func run(_ invocation: Invocation) async throws {
        try await SchedulesGroup.order(invocation, "trigger", done: "triggered")
    }
}
