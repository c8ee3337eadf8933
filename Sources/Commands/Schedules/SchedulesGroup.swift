import MeshCore

/// `wasmesh schedules`
enum SchedulesGroup: CommandGroup {
    static let description = CommandDescription(
        "schedules", "methods that the mesh calls by itself (@schedule): when, and what came of it",
        subcommands: [SchedulesList.self, SchedulesPause.self, SchedulesResume.self, SchedulesTrigger.self])

    static let method = Argument("TARGET", .oneOrMore, "The scheduled methods: namespace.Service/method.")
    static let connection = [Settings.url.description, Settings.token.description]

    /// Gives an order to the schedules that the command line names.
    static func order(_ invocation: Invocation, _ order: String, done: String) async throws {
        let targets = try invocation.arguments.map { text throws(CommandFailure) in try MessageOptions.target(text) }
        let client = try RouterClient(invocation)
        try await invocation.output.oneByOne(targets) { (target: String) throws(CommandFailure) in
            let path = target.split(separator: "/").map { RouterClient.escape(String($0)) }.joined(separator: "/")
            let answer = try await client.control("POST", "schedules/\(path)/\(order)", timeout: .seconds(60))
            if invocation.output.isJSON {
                invocation.output.line(answer.rendered())
            } else if answer.text("state") == "taken" {
                invocation.output.line("\(done) \(target)")
            } else {
                invocation.output.line(
                    "asked to \(order) \(target); its owner hasn't answered yet, the order is durable")
            }
        }
    }
}
