import MeshCore

/// `wasmesh routes`
enum RoutesCommand: Command {
    static let description = CommandDescription(
        "routes", "shows which message goes where: calls, events and who hears them",
        options: [Settings.url.description, Settings.token.description])

    static func run(_ invocation: Invocation) async throws {
        let answer = try await RouterClient(invocation).control("GET", "routes")
        if invocation.output.isJSON { return invocation.output.line(answer.rendered()) }
        var calls = Table("call", "key", "topic", "pool", "result")
        for service in answer["services"]?.elements ?? [] {
            for method in service["methods"]?.elements ?? [] where method["exposed"]?.text == "true" {
                calls.add(
                    "POST " + method.text("path"), method["key"]?.text ?? "(the call's id)", service.text("topic"),
                    service.text("pool"), method.text("result"))
            }
        }
        invocation.output.table(calls, empty: "nothing is deployed yet; `wasmesh deploy FILE.wasm`")
        var events = Table("event", "key", "emitted by", "heard by")
        for event in answer["events"]?.elements ?? [] {
            events.add(event.text("name"), event.text("key"), names(event["emittedBy"]), names(event["handledBy"]))
        }
        if !events.rows.isEmpty {
            invocation.output.line()
            invocation.output.table(events, empty: "", limit: 80)
        }
        // As seen in messages that are still kept: what a guest sends is no part of its schema.
        var seen = Table("caller", "calls")
        for call in answer["calls"]?.elements ?? [] { seen.add(call.text("from"), call.text("to")) }
        guard !seen.rows.isEmpty else { return }
        invocation.output.line()
        invocation.output.table(seen, empty: "", limit: 80)
    }

    private static func names(_ list: JSONNode?) -> String {
        list?.elements.compactMap(\.text).joined(separator: " ") ?? ""
    }
}
