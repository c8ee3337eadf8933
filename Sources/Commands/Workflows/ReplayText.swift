import MeshCore

/// The steps of a replay in lines.
struct ReplayText: Sendable {
    let output: Output
    /// The state that was shown last: shown again only when it has changed.
    private var state: String?

    init(output: Output) { self.output = output }

    func head(_ page: JSONNode) -> String {
        let name = output.paint("\(page.shown("service"))/\(page.shown("type"))", .bold)
        return "\(name) \(page.shown("id"))  run \(page.shown("run")) on version \(page.shown("version")), package "
            + "\(page.shown("digest").prefix(12)), \(page.shown("entries")) journal entries"
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
        var line = "\(number) \(output.paint(seq, .dim)) \(mark) \(step.text("text").cutToLine(160))"
        // What a signal brought is the request of its entry; a command's own stands in its text.
        let isTold = step.text("kind") == "told"
        if let result = step["result"] ?? (isTold ? step["request"] : nil) {
            line += output.paint(" → \(result.rendered().cutToLine(120))", .dim)
        }
        var lines = [line]
        if let state = step["state"]?.rendered(), state != self.state {
            self.state = state
            lines.append(output.paint("             state \(state.cutToLine(160))", .dim))
        }
        return lines
    }

    func end(_ page: JSONNode) -> [String] {
        if page.text("agrees") == "true" {
            return [output.paint("agrees", .green) + ": the code \(page.shown("outcome"))"]
        }
        guard let difference = page["difference"] else {
            let outcome = page.shownLines("outcome")
            return [output.paint("can't be replayed", .red) + ": \(outcome.first ?? "")"] + outcome.dropFirst()
        }
        let found = difference.shownLines("found")
        return [
            output.paint("differs", .red)
                + " at step \(difference.shown("step")), journal entry \(difference.shown("sequence"))",
            "  the journal has  \(difference.shown("expected"))", "  the code         \(found.first ?? "")",
        ] + found.dropFirst()
    }
}
