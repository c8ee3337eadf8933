/// `wasmesh version`
enum VersionCommand: Command {
    /// The version of this build; the changelog's newest heading.
    static let version = "0.1.0"

    static let description = CommandDescription("version", "prints the version of this program")

    static func run(_ invocation: Invocation) async throws {
        invocation.output.line(invocation.output.isJSON ? "{\"version\":\"\(version)\"}" : "wasmesh \(version)")
    }
}
