import MeshCore

/// Waits a moment for what the owner says to a start that was accepted: it may refuse it, for instance where the id belongs to a
/// workflow with another input.
struct StartWatch: Sendable {
    /// Beyond it a start counts as taken: it is durable, and its owner is busy or away.
    private static let patience = Duration.seconds(2)

    private let call: String
    /// `workflows/{service}/{id}`
    private let workflow: String

    /// Nil where the answer isn't that of a workflow's start.
    init?(_ answer: JSONNode, of target: String) {
        guard let workflow = answer["workflow"]?.text, let service = target.split(separator: "/").first else {
            return nil
        }
        call = answer.text("id")
        self.workflow = WorkflowsGroup.path(String(service), workflow)
    }

    /// Throws the owner's refusal; returns when it has taken the start, or hasn't said anything.
    func run(_ client: RouterClient) async throws {
        let deadline = ContinuousClock.now + StartWatch.patience
        var pause = Duration.milliseconds(10)
        while ContinuousClock.now < deadline {
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(200))
            guard let state = try? await client.control("GET", "calls/" + RouterClient.escape(call)) else { return }
            if state.text("state") == "failed" {
                if await isEnd(state["error"], client) { return }
                throw RouterClient.failure(of: 409, state["error"], text: "")
            }
            guard state.text("state") == "pending" else { return }
            if await isStarted(client) { return }
        }
    }

    /// Whether the workflow began with this very call; false too where only administrators may know, or where it was joined.
    private func isStarted(_ client: RouterClient) async -> Bool {
        let path = workflow + "/journal"
        let entries = try? await client.control("GET", path, query: [("limit", "1")])["entries"]?.elements
        return entries?.first?["details"]?.text("id") == call
    }

    /// Whether the error is what the workflow came to, and no refusal: one that was started or joined may have failed before
    /// anybody asked.
    private func isEnd(_ error: JSONNode?, _ client: RouterClient) async -> Bool {
        guard let error else { return false }
        // Only code has errors with a class. Others may be anybody's: the workflow's own is the one of the same microsecond.
        if error["class"]?.text != nil { return true }
        guard let end = try? await client.control("GET", workflow)["error"] else { return false }
        return ["code", "message", "timestamp"].allSatisfy { end[$0] != nil && end[$0]?.text == error[$0]?.text }
    }
}
