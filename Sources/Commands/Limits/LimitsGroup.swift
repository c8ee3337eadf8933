import MeshCore

/// `wasmesh limits`
enum LimitsGroup: CommandGroup {
    static let description = CommandDescription(
        "limits", "how fast and how many at once the outside is called",
        discussion: """
            A limit is an origin's, such as https://api.example.com, and holds for all workflows and egress processes together.
            Calls beyond it wait in their order, and hold up no others.
            """,
        subcommands: [LimitsList.self, LimitsSet.self, LimitsRemove.self])

    static let origin = Argument(
        "ORIGIN", .one, "Scheme and host, and the port where it is its own: https://api.example.com.")
    static let connection = [Settings.url.description, Settings.token.description]

    /// The origin of the command line, as calls have it.
    static func origin(_ invocation: Invocation) throws(CommandFailure) -> String {
        do throws(MeshError) { return try OutsideURL.origin(invocation.arguments.first ?? "") } catch {
            throw CommandFailure.usage(error.message)
        }
    }

    /// `10/s, 4 at once`
    static func text(_ limit: JSONNode) -> String {
        let parts = [limit["rate"]?.text, limit["concurrency"]?.text.map { "\($0) at once" }]
        return parts.compactMap { $0 }.joined(separator: ", ")
    }
}
