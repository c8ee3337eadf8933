import MeshCore

/// `wasmesh grants`
enum GrantsGroup: CommandGroup {
    static let description = CommandDescription(
        "grants", "what services may do outside the mesh: where they may call, which secrets they may send there",
        discussion: """
            http:https://api.example.com/v1/              calls to what lies below that
            http:https://*.example.com/                   calls to every host below that name
            secret:payments-key@https://api.example.com/  that secret in headers of calls to what lies below that
            What isn't granted is refused with PERMISSION_DENIED. A grant holds from the next call on.
            """,
        subcommands: [GrantsList.self, GrantsAdd.self, GrantsRevoke.self])

    static let service = Argument("SERVICE", .one, "The service: namespace.Service.")
    static let capability = Argument("CAPABILITY", .oneOrMore, "What it may do: http:URL or secret:NAME@URL.")
    static let connection = [Settings.url.description, Settings.token.description]

    /// The service and the capabilities that the command line names; all are looked at before anything is done.
    static func operands(_ invocation: Invocation) throws(CommandFailure) -> (service: String, capabilities: [String]) {
        for text in invocation.arguments.dropFirst() {
            do throws(MeshError) { _ = try Capability(text) } catch { throw .usage(error.message) }
        }
        return (invocation.arguments.first ?? "", Array(invocation.arguments.dropFirst()))
    }
}
