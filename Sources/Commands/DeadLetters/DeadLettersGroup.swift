import MeshCore

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

    /// What to say where there are none; `asked` says what else was asked of them.
    static func none(_ invocation: Invocation, _ client: RouterClient, asked: String = "") async throws -> String {
        try await EmptyList.text(of: "dead letters" + asked, service: invocation.optional(service), client)
    }

    /// How many the router lists at once.
    private static let page = 1000

    /// Refuses what can't be a dead letter's id.
    static func check(_ id: String) throws(CommandFailure) {
        guard let number = Int64(id), number > 0 else {
            throw .usage(
                "'\(id)' isn't the id of a dead letter, which is a number",
                hint: "`wasmesh dead-letters list` shows them")
        }
    }

    /// The ids that `redrive` and `discard` are about, the oldest first.
    static func ids(_ invocation: Invocation, _ client: RouterClient) async throws -> [String] {
        guard invocation.has(all) else {
            guard !invocation.arguments.isEmpty else {
                throw CommandFailure.usage(
                    "no dead letter is named", hint: "give ids of `wasmesh dead-letters list`, or --all")
            }
            if invocation.optional(service) != nil {
                throw CommandFailure.usage(
                    "--service goes with --all only", hint: "ids name dead letters whatever their service is")
            }
            for id in invocation.arguments { try check(id) }
            return invocation.arguments
        }
        guard invocation.arguments.isEmpty else { throw CommandFailure.usage("--all and ids exclude each other") }
        let query = [("limit", String(page))] + (invocation.optional(service).map { [("service", $0)] } ?? [])
        var ids: [String] = []
        while true {
            let answer = try await client.control(
                "GET", "dead-letters", query: query + (ids.last.map { [("before", $0)] } ?? []))
            let found = answer["dead_letters"]?.elements.map { $0.text("id") } ?? []
            ids += found
            // The list has the newest first; in that order the messages of a key would be sent again backwards.
            guard found.count == page else { return ids.reversed() }
        }
    }
}
