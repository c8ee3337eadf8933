/// `wasmesh schedules pause TARGET…`
enum SchedulesPause: Command {
    static let description = CommandDescription(
        "pause", "pauses schedules: no fires until they are resumed",
        arguments: [SchedulesGroup.method], options: SchedulesGroup.connection)

    static func run(_ invocation: Invocation) async throws {
        try await SchedulesGroup.order(invocation, "pause", done: "paused")
    }
}
