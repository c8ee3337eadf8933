import MeshCore

/// What `cancel`, `terminate`, `retry`, `reset`, `restart` and `upgrade` have in common: one order for one or many workflows.
struct WorkflowOrder: Sendable {
    /// The last part of the path.
    let name: String
    /// What has been done once the owner has taken it: `cancelled`.
    let done: String
    /// The members of its body, as JSON.
    var members: [(name: String, json: String)] = []
    /// The statuses that `--all` is about.
    var statuses = "open"

    static let all = Option<Bool>.flag("all", "All of the service that it can be done to (of --type, if given).")

    /// How long the router may take: it waits for the owner.
    private static let patience = Duration.seconds(60)

    /// Gives the order to the workflows that the command line names; goes on behind one that refuses, and ends with its exit code.
    func run(_ invocation: Invocation) async throws {
        let service = try WorkflowsGroup.service(invocation)
        let client = try RouterClient(invocation)
        let ids = try await ids(invocation, client, service)
        if ids.isEmpty { return invocation.output.note("no workflows") }
        try await invocation.output.oneByOne(ids) { (id: String) throws(CommandFailure) in
            let answer = try await give(client, service, id)
            invocation.output.line(invocation.output.isJSON ? answer.rendered() : report(answer, id))
        }
    }

    private func give(_ client: RouterClient, _ service: String, _ id: String) async throws(CommandFailure) -> JSONNode
    {
        let body = "{" + members.map { "\(JSONText.string($0.name)):\($0.json)" }.joined(separator: ",") + "}"
        return try await client.control(
            "POST", WorkflowsGroup.path(service, id) + "/" + name, body: Array(body.utf8),
            timeout: WorkflowOrder.patience)
    }

    private func report(_ answer: JSONNode, _ id: String) -> String {
        let id = LogText.line(id)
        guard answer.text("state") == "taken" else {
            return "asked to \(name) \(id); its owner hasn't answered yet, the order is durable"
        }
        let status = answer["workflow"]?.shown("status") ?? ""
        return "\(done) \(id)" + (status.isEmpty ? "" : ", it is \(status)")
    }

    private func ids(
        _ invocation: Invocation, _ client: RouterClient, _ service: String
    ) async throws(CommandFailure) -> [String] {
        let named = Array(invocation.arguments.dropFirst())
        guard invocation.has(WorkflowOrder.all) else {
            guard !named.isEmpty else {
                throw .usage("no workflow is named", hint: "give ids of `wasmesh workflows list`, or --all")
            }
            if invocation.optional(WorkflowsGroup.type) != nil {
                throw .usage("--type goes with --all only", hint: "ids name workflows whatever they run")
            }
            guard !named.contains("") else { throw .usage("ID is empty") }
            return named
        }
        guard named.isEmpty else { throw .usage("--all and ids exclude each other") }
        var query = [("service", service), ("status", statuses), ("limit", "1000")]
        if let type = invocation.optional(WorkflowsGroup.type) { query.append(("type", type)) }
        var ids: [String] = []
        var after: String?
        repeat {
            let page = try await client.control(
                "GET", "workflows", query: query + (after.map { [("after", $0)] } ?? []))
            ids += page["workflows"]?.elements.map { $0.text("id") } ?? []
            after = page["next"]?.text
        } while after != nil
        return ids
    }
}
