import MeshCore

/// What is said of an order about a state.
enum StateReceipt {
    /// How long the router may take: it waits for the owner.
    static let patience = Duration.seconds(60)

    static func report(_ answer: JSONNode, done: String, asked: String, _ invocation: Invocation) {
        if invocation.output.isJSON { return invocation.output.line(answer.rendered()) }
        let state = "the state of \(LogText.line(invocation.arguments.prefix(2).joined(separator: " ")))"
        invocation.output.line(
            answer.text("state") == "taken"
                ? "\(done) \(state)" : "asked to \(asked) \(state); its owner hasn't answered yet, the order is durable"
        )
    }
}
