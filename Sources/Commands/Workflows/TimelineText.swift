import MeshCore

/// A timeline in lines: with bars on a terminal, in plain columns elsewhere.
struct TimelineText: Sendable {
    let timeline: WorkflowTimeline
    /// The columns of the terminal; nil where it isn't one.
    let width: Int?
    /// The right end of the bars of what still waits.
    let now: Timestamp
    /// Steps that are shown at most, the last ones.
    var limit = 200
    let paint: @Sendable (String, Output.Color) -> String

    private static let titleWidth = 40

    var lines: [String] {
        let hidden = max(0, timeline.steps.count - limit)
        let steps = timeline.steps.suffix(limit)
        let titles = min(TimelineText.titleWidth, steps.map(\.title.terminalColumns).max() ?? 0)
        let digits = String(steps.last?.seq ?? 0).count
        var lines: [String] = []
        if hidden > 0 { lines.append(paint("… \(hidden) earlier steps; --all shows them", .dim)) }
        for step in steps {
            var cells = [TimelineText.pad(String(step.seq), digits, left: true), TimelineText.pad(step.title, titles)]
            if let bar = bar(step, titles + digits) { cells.append(bar) }
            cells.append(TimelineText.pad(offset(step), 9, left: true))
            cells.append(TimelineText.pad(took(step), 9, left: true))
            lines.append(cells.joined(separator: "  ") + note(step))
        }
        return lines
    }

    /// When it began, from the start of the run.
    private func offset(_ step: WorkflowTimeline.Step) -> String {
        guard let start = timeline.start else { return "" }
        return "+" + Age.text(microseconds: step.start.microseconds - start.microseconds)
    }

    private func took(_ step: WorkflowTimeline.Step) -> String {
        switch step.state {
        case .instant, .event: ""
        case .open: "waits"
        case .done, .failed, .cancelled, .dropped:
            Age.text(microseconds: (step.end ?? step.start).microseconds - step.start.microseconds)
        }
    }

    private func note(_ step: WorkflowTimeline.Step) -> String {
        var parts: [String] = []
        if step.state == .cancelled { parts.append("given up") }
        if step.state == .dropped { parts.append("open at the end") }
        if step.state == .failed { parts.append("failed") }
        if step.attempts > 1 { parts.append("attempt \(step.attempts)") }
        if step.state == .open, let due = step.due {
            let left = due.microseconds - now.microseconds
            parts.append(left > 0 ? "due in \(Age.text(microseconds: left))" : "due")
        }
        if !step.note.isEmpty { parts.append(step.note.cutToLine(100)) }
        guard !parts.isEmpty else { return "" }
        let text = parts.joined(separator: ", ")
        return "  " + (step.state == .failed ? paint(text, .red) : paint(text, .dim))
    }

    // MARK: Bars

    private func bar(_ step: WorkflowTimeline.Step, _ used: Int) -> String? {
        guard let width, let start = timeline.start else { return nil }
        let cells = max(10, min(40, width - used - 40))
        let hasOpen = timeline.steps.contains { $0.state == .open }
        let last = hasOpen ? now : timeline.end ?? now
        let span = max(1, last.microseconds - start.microseconds)
        func cell(_ time: Timestamp) -> Int {
            let part = min(max(0, time.microseconds - start.microseconds), span)
            return min(cells - 1, Int(part * Int64(cells) / span))
        }
        let first = cell(step.start)
        let end = cell(step.state == .open ? now : step.end ?? step.start)
        let (mark, color): (String, Output.Color) =
            switch step.state {
            case .open: ("░", .yellow)
            case .done: ("█", .green)
            case .failed: ("█", .red)
            case .cancelled, .dropped: ("▒", .yellow)
            case .instant: ("·", .blue)
            case .event: ("│", .dim)
            }
        let body = String(repeating: mark, count: max(1, end - first + 1))
        return String(repeating: " ", count: first) + paint(body, color)
            + String(repeating: " ", count: max(0, cells - first - max(1, end - first + 1)))
    }

    static func pad(_ text: String, _ width: Int, left: Bool = false) -> String {
        let shown = text.cutToLine(max(width, 1))
        let padding = String(repeating: " ", count: max(0, width - shown.terminalColumns))
        return left ? padding + shown : shown + padding
    }
}
