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

    /// Gives or takes back what the command line names; all of it is looked at before anything is done.
    /// - Parameter told: what is said about an answer: the service, the capability, the answer.
    static func change(
        _ invocation: Invocation, _ method: String, told: (String, String, JSONNode) -> String
    ) async throws {
        let (service, capabilities) = (invocation.arguments.first ?? "", invocation.arguments.dropFirst())
        for text in capabilities {
            do throws(MeshError) { _ = try Capability(text) } catch { throw CommandFailure.usage(error.message) }
        }
        let client = try RouterClient(invocation)
        try await invocation.output.oneByOne(Array(capabilities)) { (capability: String) throws(CommandFailure) in
            let answer = try await client.control(
                method, "grants", query: [("service", service), ("capability", capability)])
            invocation.output.line(
                invocation.output.isJSON ? answer.rendered() : told(service, capability, answer))
        }
    }
}
