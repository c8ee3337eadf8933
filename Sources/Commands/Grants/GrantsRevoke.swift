import MeshCore

/// `wasmesh grants revoke SERVICE CAPABILITY…`
enum GrantsRevoke: Command {
    static let description = CommandDescription(
        "revoke", "takes grants back; calls under way go on",
        arguments: [GrantsGroup.service, GrantsGroup.capability], options: GrantsGroup.connection)

    static func run(_ invocation: Invocation) async throws {
        let (service, capabilities) = try GrantsGroup.operands(invocation)
        let client = try RouterClient(invocation)
        for capability in capabilities {
            let answer = try await client.control(
                "DELETE", "grants", query: [("service", service), ("capability", capability)])
            invocation.output.line(
                invocation.output.isJSON ? answer.rendered() : "\(service) may no longer \(capability)")
        }
    }
}
