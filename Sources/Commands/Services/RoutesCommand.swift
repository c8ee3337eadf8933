/// `wasmesh routes`
enum RoutesCommand: Command {
    static let description = CommandDescription(
        "routes", "shows who calls whom and who hears what",
        options: [Settings.url.description, Settings.token.description])

    static func run(_ invocation: Invocation) async throws {
        let answer = try await RouterClient(invocation).control("GET", "routes")
        invocation.output.line(answer.rendered(pretty: !invocation.output.isJSON))
    }
}
