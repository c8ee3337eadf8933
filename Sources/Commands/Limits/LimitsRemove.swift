import MeshCore

/// `wasmesh limits remove ORIGIN`
enum LimitsRemove: Command {
    static let description = CommandDescription(
        "remove", "takes the limit of an origin away", arguments: [LimitsGroup.origin], options: LimitsGroup.connection)

    static func run(_ invocation: Invocation) async throws {
        let origin = try LimitsGroup.origin(invocation)
        let answer = try await RouterClient(invocation).control("DELETE", "limits", query: [("origin", origin)])
        invocation.output.line(
            invocation.output.isJSON ? answer.rendered() : "\(origin) is called as fast as egress processes can")
    }
}
