import MeshCore

/// Waits a moment for what the owner says to a start that was accepted: it may refuse it, for instance where the id belongs to a
/// workflow with another input.
struct StartWatch: Sendable {
    /// Beyond it a start counts as taken: it is durable, and its owner is busy or away.
    private static let patience = Duration.seconds(2)

    private let call: String
    /// `workflows/{service}/{id}/journal`
    private let journal: String

    /// Nil where the answer isn't that of a workflow's start.
    init?(_ answer: JSONNode, of target: String) {
        guard let workflow = answer["workflow"]?.text, let service = target.split(separator: "/").first else {
            return nil
        }
        call = answer.text("id")
        journal = WorkflowsGroup.path(String(service), workflow) + "/journal"
    }

    /// Throws the owner's refusal; returns when it has taken the start, or hasn't said anything.
    func run(_ client: RouterClient) async throws {
        let deadline = ContinuousClock.now + StartWatch.patience
        var pause = Duration.milliseconds(10)
        while ContinuousClock.now < deadline {
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(200))
            guard let state = try? await client.control("GET", "calls/" + RouterClient.escape(call)) else { return }
            if state.text("state") == "failed" { throw RouterClient.failure(of: 409, state["error"], text: "") }
            guard state.text("state") == "pending" else { return }
            if await isStarted(client) { return }
        }
    }

    /// Whether the workflow began with this very call; false too where only administrators may know, or where it was joined.
    private func isStarted(_ client: RouterClient) async -> Bool {
        let entries = try? await client.control("GET", journal, query: [("limit", "1")])["entries"]?.elements
        return entries?.first?["details"]?.text("id") == call
    }
}
