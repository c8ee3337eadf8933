import MeshCore

/// What the deploy gate found, for people.
enum GateText {
    /// A line for each thing that would break, and one for each check that says how far it came.
    static func lines(_ gate: JSONNode?) -> [String] {
        var lines: [String] = []
        for check in gate?["checks"]?.elements ?? [] {
            let what = subject(check)
            for finding in check["findings"]?.elements ?? [] {
                lines.append("breaks \(what) \(finding.shown("id")): \(finding.shown("message"))")
            }
            let more = (Int(check.text("broken")) ?? 0) - (check["findings"]?.elements.count ?? 0)
            if more > 0 { lines.append("breaks \(more) more of \(what)") }
        }
        return lines
    }

    /// `checked 120 open workflows of shop.Orders: all agree`; of those that an earlier deploy has broken nothing more can.
    static func summaries(_ gate: JSONNode?) -> [String] {
        (gate?["checks"]?.elements ?? []).map { check in
            let broken = Int(check.text("broken")) ?? 0
            let total = check["total"]?.text.map { " of \($0)" } ?? ""
            let apart = Int(check.text("apart")) ?? 0
            let others =
                apart == 0 ? "" : "; \(apart) differ already, as they are stuck or were left on their own package"
            let verdict =
                (broken > 0 ? "\(broken) would break" : apart > 0 ? "nothing more would break" : "all agree") + others
            let end = check.text("complete") == "false" ? ", the time was over before all were" : ""
            return
                "checked \(check.text("checked"))\(total) \(plural(check)) of \(check.shown("service")): \(verdict)\(end)"
        }
    }

    private static func subject(_ check: JSONNode) -> String {
        switch check.text("subject") {
        case "workflows": "workflow of \(check.shown("service"))"
        case "state": "state of \(check.shown("service"))"
        default: "message for \(check.shown("service"))"
        }
    }

    private static func plural(_ check: JSONNode) -> String {
        switch check.text("subject") {
        case "workflows": "open workflows"
        case "state": "states"
        default: "waiting messages"
        }
    }
}
