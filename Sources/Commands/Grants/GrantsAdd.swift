import MeshCore

/// `wasmesh grants add SERVICE CAPABILITY…`
enum GrantsAdd: Command {
    static let description = CommandDescription(
        "add", "allows a service to call what lies below a URL, or to send a secret there",
        discussion: "Granting again what is granted changes nothing.",
        arguments: [GrantsGroup.service, GrantsGroup.capability], options: GrantsGroup.connection)

    static func run(_ invocation: Invocation) async throws {
        let (service, capabilities) = try GrantsGroup.operands(invocation)
        let client = try RouterClient(invocation)
        for capability in capabilities {
            let answer = try await client.control(
                "POST", "grants", query: [("service", service), ("capability", capability)])
            if invocation.output.isJSON {
                invocation.output.line(answer.rendered())
                continue
            }
            let isNew = answer.text("added") == "true"
            invocation.output.line("\(service) may \(isNew ? "now" : "already") \(capability)")
            if answer.text("deployed") != "true" {
                invocation.output.line("  no service of that name is deployed yet")
            }
        }
    }
}
