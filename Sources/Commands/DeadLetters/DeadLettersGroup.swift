/// `wasmesh dead-letters`
enum DeadLettersGroup: CommandGroup {
    static let description = CommandDescription(
        "dead-letters", "messages that are out of attempts: look at them, redrive or discard them",
        subcommands: [
            DeadLettersList.self, DeadLettersShow.self, DeadLettersRedrive.self, DeadLettersDiscard.self,
        ])

    static let service = Option<String>("service", "NAME", "Only those of one service.")
    static let all = Option<Bool>.flag("all", "All that are waiting (of --service, if given).")
    static let connection = [Settings.url.description, Settings.token.description]

    /// The ids that `redrive` and `discard` are about.
    static func ids(_ invocation: Invocation, _ client: RouterClient) async throws -> [String] {
        guard invocation.has(all) else {
            guard !invocation.arguments.isEmpty else {
                throw CommandFailure.usage(
                    "no dead letter is named", hint: "give ids of `wasmesh dead-letters list`, or --all")
            }
            return invocation.arguments
        }
        guard invocation.arguments.isEmpty else { throw CommandFailure.usage("--all and ids exclude each other") }
        let query = [("limit", "1000")] + (invocation.optional(service).map { [("service", $0)] } ?? [])
        let answer = try await client.control("GET", "dead-letters", query: query)
        return (answer["dead_letters"] ?? answer["deadLetters"] ?? answer).elements.map { $0.text("id") }
    }
}
