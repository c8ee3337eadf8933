import MeshCore

/// `wasmesh undeploy SERVICE`
enum UndeployCommand: Command {
    private static let force = Option<Bool>.flag(
        "force", "Whatever of it isn't done, and whoever calls it.")
    private static let isDry = Option<Bool>.flag(
        "dry-run", "Only says what isn't done, and whether it would be refused.")
    private static let reason = Option<String>("reason", "TEXT", "Why; it is kept.")

    static let description = CommandDescription(
        "undeploy", "takes a service out of force; nothing of it is lost",
        discussion: """
            Calls to it are refused from then on. Its state, workflows, messages and dead letters stay where they are. What waits
            (open workflows and their timers, parked messages, calls and events in its topics, calls that are sent later) goes on
            when it is deployed again, by its file or its digest. While something waits, or others call it, it is refused (4).

            With the embedded broker events that wait for it are gone when the broker ends; calls aren't.
            """,
        arguments: [Argument("SERVICE", "Its whole name: shop.Orders.")],
        options: [
            isDry.description, force.description, reason.description, Settings.url.description,
            Settings.token.description,
        ],
        examples: [
            ("wasmesh undeploy shop.Orders --dry-run", "what of it isn't done"),
            ("wasmesh undeploy shop.Orders --reason \"moved to billing\"", ""),
        ])

    static func run(_ invocation: Invocation) async throws {
        let service = invocation.arguments[0]
        guard !service.isEmpty else {
            throw CommandFailure.usage("SERVICE is empty", hint: "`wasmesh services` lists what is deployed")
        }
        var query: [(String, String)] = []
        if invocation.has(isDry) { query.append(("dry-run", "true")) }
        if invocation.has(force) { query.append(("force", "true")) }
        if let reason = invocation.optional(reason) { query.append(("reason", reason)) }
        let output = invocation.output
        let answer = try await RouterClient(invocation).control(
            "DELETE", "services/\(RouterClient.escape(service))", query: query)
        let refusal = answer["refusal"].flatMap { $0.value == .null ? nil : $0 }
        if output.isJSON {
            output.line(answer.rendered())
            if refusal != nil { throw CommandFailure.silent(.refused) }
            return
        }
        if let refusal {
            throw CommandFailure(
                .refused, "it would be refused: \(refusal.text("message"))", code: refusal.text("code"))
        }
        output.line("\(invocation.has(isDry) ? "would undeploy" : "undeployed") \(service)")
        for (name, what) in [
            ("openWorkflows", "open workflows"), ("parked", "parked messages"), ("waiting", "waiting messages"),
            ("delayed", "delayed calls"),
        ] {
            guard let count = answer["left"]?[name]?.text, count != "0" else { continue }
            output.line("\(count) \(what) \(invocation.has(isDry) ? "would wait" : "wait") until it is deployed again")
        }
    }
}
