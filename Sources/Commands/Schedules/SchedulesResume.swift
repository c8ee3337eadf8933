/// `wasmesh schedules resume TARGET…`
enum SchedulesResume: Command {
    static let description = CommandDescription(
        "resume", "resumes paused schedules; what was left out meanwhile isn't made up for",
        arguments: [SchedulesGroup.method], options: SchedulesGroup.connection)

    static func run(_ invocation: Invocation) async throws {
        try await SchedulesGroup.order(invocation, "resume", done: "resumed")
    }
}
