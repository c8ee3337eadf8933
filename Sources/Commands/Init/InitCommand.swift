/// `wasmesh init NAME`
enum InitCommand: Command {
    static let description = CommandDescription(
        "init", "makes a new project: a service that builds and passes its own test at once",
        arguments: [Argument("NAME", "The project's name: lower case letters, digits, dashes.")])

    static func run(_ invocation: Invocation) async throws {
        throw CommandFailure(.failure, "this build has no templates yet")
    }
}
