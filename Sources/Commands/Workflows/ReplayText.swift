import MeshCore

/// The steps of a replay in lines.
struct ReplayText: Sendable {
    let output: Output
    /// The state that was shown last: shown again only when it has changed.
    private var state: String?

    init(output: Output) { self.output = output }

    func head(_ page: JSONNode) -> String {
        let name = output.paint("\(page.text("service"))/\(page.text("type"))", .bold)
        return "\(name) \(page.text("id"))  run \(page.text("run")) on version \(page.text("version")), package "
            + "\(page.text("digest").prefix(12)), \(page.text("entries")) journal entries"
    }

    /// A step: its number, what the code asked for or was told, what came of it, and the state where that has changed.
    mutating func lines(_ step: JSONNode) -> [String] {
        let number = TimelineText.pad(step.text("number"), 4, left: true)
        let seq = TimelineText.pad("#" + step.text("seq"), 5)
        let mark =
            switch step.text("kind") {
            case "told": output.paint("◂", .blue)
            case "cancelled": output.paint("✕", .yellow)
            default: output.paint("▸", .green)
            }
        var line = "\(number) \(output.paint(seq, .dim)) \(mark) \(TimelineText.cut(step.text("text"), 160))"
        if let result = step["result"] { line += output.paint(" → \(TimelineText.cut(result.rendered(), 120))", .dim) }
        var lines = [line]
        if let state = step["state"]?.rendered(), state != self.state {
            self.state = state
            lines.append(output.paint("             state \(TimelineText.cut(state, 160))", .dim))
        }
        return lines
    }

    func end(_ page: JSONNode) -> [String] {
        if page.text("agrees") == "true" {
            return [output.paint("agrees", .green) + ": the code \(page.text("outcome"))"]
        }
        guard let difference = page["difference"] else {
            return [output.paint("can't be replayed", .red) + ": \(page.text("outcome"))"]
        }
        return [
            output.paint("differs", .red)
                + " at step \(difference.text("step")), journal entry \(difference.text("sequence"))",
            "  the journal has  \(difference.text("expected"))", "  the code         \(difference.text("found"))",
        ]
    }
}
