/// `wasmesh doctor`
enum DoctorCommand: Command {
    static let description = CommandDescription(
        "doctor", "checks versions, connections, topics, migrations and settings, and says what to do",
        discussion:
            "Ends with 0 when nothing is wrong, with 1 when something is, with 3 when a server can't be reached.",
        options: MeshSettings.options + [Settings.url.description, Settings.token.description])

    static func run(_ invocation: Invocation) async throws {
        throw CommandFailure(.failure, "this build has no checks yet")
    }
}
