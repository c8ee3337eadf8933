/// `wasmesh grants revoke SERVICE CAPABILITY…`
enum GrantsRevoke: Command {
    static let description = CommandDescription(
        "revoke", "takes grants back; calls under way go on",
        arguments: [GrantsGroup.service, GrantsGroup.capability], options: GrantsGroup.connection)

    static func run(_ invocation: Invocation) async throws {
        try await GrantsGroup.change(invocation, "DELETE") { service, capability, _ in
            "\(service) may no longer \(capability)"
        }
    }
}
