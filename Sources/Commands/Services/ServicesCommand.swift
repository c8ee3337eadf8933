import MeshCore

/// `wasmesh services`
enum ServicesCommand: Command {
    static let description = CommandDescription(
        "services", "lists what is deployed: services, versions, methods",
        options: [Settings.url.description, Settings.token.description])

    static func run(_ invocation: Invocation) async throws {
        let answer = try await RouterClient(invocation).control("GET", "services")
        if invocation.output.isJSON { return invocation.output.line(answer.rendered()) }
        var table = Table("service", "version", "methods", "state", "pool", "digest")
        for service in (answer["services"] ?? answer).elements {
            let methods = service["methods"]?.elements.map { $0.text ?? $0.text("name") } ?? []
            table.add(
                service.text("service"), service.text("version"), methods.joined(separator: " "),
                service.text("state"), service.text("pool"), String(service.text("digest").prefix(12)))
        }
        invocation.output.table(table, empty: "nothing is deployed yet; `wasmesh deploy FILE.wasm`", limit: 70)
    }

    /// One line per service, for the development screen.
    static func summaries(_ answer: JSONNode?) -> [String] {
        (answer?["services"] ?? answer)?.elements.map { service in
            let methods = service["methods"]?.elements.map { $0.text ?? $0.text("name") } ?? []
            return "\(service.text("service")) \(service.text("version"))  \(methods.joined(separator: " "))"
        } ?? []
    }
}
