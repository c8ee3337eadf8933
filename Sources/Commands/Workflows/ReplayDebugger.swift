import MeshCore

/// Goes through a replay step by step, on a terminal.
struct ReplayDebugger: Sendable {
    let request: WorkflowsReplay.Request
    let output: Output

    /// Steps that are fetched at once.
    private static let page = 100

    /// Shows steps until the end, or until the user has had enough (nil).
    func run(from first: Int) async throws -> JSONNode? {
        var text = ReplayText(output: output)
        var page = try await request.page(from: first, limit: ReplayDebugger.page)
        output.line(text.head(page))
        var wanted = first
        while true {
            let steps = page["steps"]?.elements ?? []
            guard let step = steps.first(where: { $0.text("number") == String(wanted) }) else {
                guard wanted <= (Int(page.text("count")) ?? 0) else { break }
                page = try await request.page(from: wanted, limit: ReplayDebugger.page)
                if page["steps"]?.elements.isEmpty ?? true { break }
                continue
            }
            show(step, &text)
            guard let next = ask(wanted) else { return nil }
            wanted = next
        }
        for line in text.end(page) { output.line(line) }
        return page
    }

    private func show(_ step: JSONNode, _ text: inout ReplayText) {
        // Whole, where the list cuts it.
        if let line = text.lines(step).first { output.line(line) }
        for name in ["request", "result", "state"] {
            guard let value = step[name] else { continue }
            let lines = value.shownJSON(pretty: true).split(separator: "\n", omittingEmptySubsequences: false)
            output.line("      \(output.paint(name, .bold)) \(lines.joined(separator: "\n      "))")
        }
    }

    /// The step to go to; nil to end.
    private func ask(_ current: Int) -> Int? {
        while true {
            output.raw(output.paint("[Enter] next, number, q: ", .dim))
            guard let line = readLine() else { return nil }
            if line.isEmpty { return current + 1 }
            if line == "q" { return nil }
            if let number = Int(line), number > 0 { return number }
        }
    }
}
