import MeshCore

/// `wasmesh workflows show SERVICE ID`
enum WorkflowsShow: Command {
    private static let run = Option<Int>(
        "run", "N", "An earlier run (continueAsNew and reset begin new ones).", defaultText: "the current one",
        limit: { $0 > 0 ? nil : "runs count from 1" })
    private static let all = Option<Bool>.flag("all", "All steps, also beyond the last 200.")
    private static let journal = Option<Bool>.flag("journal", "The entries of the journal as they are stored.")

    static let description = CommandDescription(
        "show", "shows one workflow: what it waits for, and what it did when",
        discussion: """
            Each line is a step: the number of its journal entry, when it began, how long it took, further attempts, errors. On a
            terminal a bar shows where it lies in the run: █ done, ░ waits, ▒ given up, · took no time, │ came from outside.
            """,
        arguments: [WorkflowsGroup.service, WorkflowsGroup.id],
        options: [run.description, all.description, journal.description] + WorkflowsGroup.connection)

    static func run(_ invocation: Invocation) async throws {
        let service = try WorkflowsGroup.service(invocation)
        let path = WorkflowsGroup.path(service, invocation.arguments[1])
        let client = try RouterClient(invocation)
        let workflow = try await client.control("GET", path)
        let entries = try await entries(client, path, run: invocation.optional(run))
        if let run = invocation.optional(run), entries.isEmpty {
            throw CommandFailure(
                .failure,
                "\(service) \(invocation.arguments[1]) has no run \(run), or its journal is gone; the current one is run \(workflow.text("run"))"
            )
        }
        let output = invocation.output
        if output.isJSON {
            let text = entries.map { $0.rendered() }.joined(separator: ",")
            return output.line("{\"workflow\":\(workflow.rendered()),\"journal\":[\(text)]}")
        }
        for line in head(workflow, output) { output.line(line) }
        output.line()
        if invocation.has(journal) { return table(entries, output) }
        let timeline = WorkflowTimeline(entries.compactMap(JournalLine.init))
        var text = TimelineText(timeline: timeline, width: output.width, now: .now, paint: output.paint)
        if invocation.has(all) { text.limit = .max }
        for line in text.lines { output.line(line) }
    }

    /// The whole journal of a run, page by page.
    private static func entries(_ client: RouterClient, _ path: String, run: Int?) async throws -> [JSONNode] {
        var entries: [JSONNode] = []
        var after: String?
        repeat {
            var query = run.map { [("run", String($0))] } ?? []
            if let after { query.append(("after", after)) }
            let page = try await client.control("GET", path + "/journal", query: query)
            entries += page["entries"]?.elements ?? []
            after = page["next"]?.text
        } while after != nil
        return entries
    }

    private static func head(_ workflow: JSONNode, _ output: Output) -> [String] {
        let now = Timestamp.now
        let status = workflow.shown("status")
        let color: Output.Color =
            switch status {
            case "completed": .green
            case "running": .blue
            case "cancelled": .yellow
            default: .red
            }
        let name = "\(workflow.shown("service"))/\(workflow.shown("type"))"
        var lines = ["\(output.paint(name, .bold)) \(workflow.shown("id"))  \(output.paint(status, color))"]
        var facts = ["started \(Age.text(since: workflow.text("startedAt"), now)) ago"]
        if let ended = workflow["endedAt"]?.text { facts.append("ended \(Age.text(since: ended, now)) ago") }
        facts += [
            "run \(workflow.shown("run"))", "version \(workflow.shown("version"))",
            "package \(workflow.shown("digest").prefix(12))", "\(workflow.shown("entries")) journal entries",
        ]
        lines.append(facts.joined(separator: " · "))
        if let parent = workflow["parent"], parent["id"] != nil {
            lines.append("child of \(parent.shown("service")) \(parent.shown("id"))")
        }
        if let waiting = workflow["waitingFor"]?.text {
            lines.append(
                "waits for \(LogText.line(waiting)), since \(Age.text(since: workflow.text("waitingSince"), now))")
        }
        if let attempts = Int(workflow.text("attempt")), attempts > 0 {
            lines.append("failed attempts in a row: \(attempts)")
        }
        if let error = workflow["error"], error["message"] != nil {
            let message = error.shownLines("message")
            lines.append(output.paint("\(error.shown("code")): \(message.first ?? "")", .red))
            lines += message.dropFirst()
        }
        if let result = workflow["result"], result.value != .null { lines.append("result \(result.shownJSON())") }
        return lines
    }

    private static func table(_ entries: [JSONNode], _ output: Output) {
        var table = Table("seq", "run", "kind", "op", "name", "label", "request", "result", "due", "at")
        for entry in entries {
            table.add(
                entry.text("seq"), entry.text("run"), entry.text("kind"), entry.text("op"), entry.text("name"),
                entry.text("label"), entry["request"]?.rendered() ?? "", entry["result"]?.rendered() ?? "",
                entry.text("due"), entry.text("at"))
        }
        output.table(table, empty: "the journal is empty")
    }
}
