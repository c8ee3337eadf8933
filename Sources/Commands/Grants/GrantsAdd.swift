import MeshCore

/// `wasmesh grants add SERVICE CAPABILITY…`
enum GrantsAdd: Command {
    static let description = CommandDescription(
        "add", "allows a service to call what lies below a URL, or to send a secret there",
        discussion: "Granting again what is granted changes nothing.",
        arguments: [GrantsGroup.service, GrantsGroup.capability], options: GrantsGroup.connection)

    static func run(_ invocation: Invocation) async throws {
        try await GrantsGroup.change(invocation, "POST") { service, capability, answer in
            let isNew = answer.text("added") == "true"
            let isDeployed = answer.text("deployed") == "true"
            return "\(service) may \(isNew ? "now" : "already") \(capability)"
                + (isDeployed ? "" : "; no service of that name is deployed yet")
        }
    }
}
