import MeshCore

/// Whether somebody does the work: a living worker for each service, a relay, and what waits. As the control plane tells it.
struct MeshCheck: Sendable {
    /// Of `GET /api/v1/services`.
    var services: [JSONNode]
    /// Of `GET /api/v1/workers`.
    var processes: [JSONNode]
    /// `GET /api/v1/backlog`.
    var backlog: JSONNode
    /// Of `GET /api/v1/workflows?status=stuck`, as many as there are on a page.
    var stuck: [JSONNode]

    /// A page of the control plane.
    static let page = 1000

    var findings: [Finding] { workers + relay + egress + [waiting] + stuckWorkflows + [deadLetters] }

    private func alive(_ kind: String) -> [JSONNode] {
        processes.filter { $0.text("kind") == kind && $0["alive"]?.value == .bool(true) }
    }

    /// A finding for each pool with services and nobody to run them.
    private var workers: [Finding] {
        let manned = Set(alive("worker").map { $0.text("pool") })
        let unmanned = Dictionary(grouping: services) { $0.text("pool") }.filter { !manned.contains($0.key) }
        guard unmanned.isEmpty else {
            return unmanned.sorted { $0.key < $1.key }.map { pool, services in
                let names = services.map { $0.text("service") }.sorted().joined(separator: ", ")
                return Finding(
                    subject: "workers", verdict: .warning,
                    fact: "none is alive in the pool '\(pool)': what is for \(names) waits",
                    remedy: "start one: `wasmesh worker\(pool == "default" ? "" : " --pool \(pool)")`"
                        + (pool == "default" ? "" : ", or deploy to another pool"))
            }
        }
        let count = alive("worker").count
        return [
            Finding(
                subject: "workers", verdict: .fine,
                fact: "\(count) alive" + (manned.isEmpty ? "" : ", in \(manned.sorted().joined(separator: ", "))"))
        ]
    }

    private var relay: [Finding] {
        let count = alive("relay").count
        return services.isEmpty || count > 0
            ? [Finding(subject: "relays", verdict: .fine, fact: "\(count) alive")]
            : [
                Finding(
                    subject: "relays", verdict: .warning,
                    fact:
                        "none is alive: what SQL emits and calls that are sent later wait, and the tables aren't kept small",
                    remedy: "start one: `wasmesh relay`")
            ]
    }

    /// Nothing to say where no workflow calls the outside.
    private var egress: [Finding] {
        let (count, calls) = (alive("egress").count, messages("http calls"))
        if count > 0 { return [Finding(subject: "egress", verdict: .fine, fact: "\(count) alive")] }
        guard calls > 0 else { return [] }
        return [
            Finding(
                subject: "egress", verdict: .warning, fact: "none is alive: \(calls) calls to the outside wait",
                remedy: "start one: `wasmesh egress`")
        ]
    }

    /// What waits is no fault while somebody works on it.
    private var waiting: Finding {
        let lag = backlog["lag"]?.elements.reduce(0) { $0 + (Int($1.text("lag")) ?? 0) } ?? 0
        let unpublished = ["worker lanes", "router lanes", "sql lane"].reduce(0) { $0 + messages($1) }
        let parked = messages("parked")
        // Delayed sends whose time hasn't come are no work yet.
        let overdue = messages("overdue sends")
        let isQuiet = lag + unpublished + parked + overdue == 0
        return Finding(
            subject: "waiting", verdict: isQuiet ? .fine : .note,
            fact: isQuiet
                ? "nothing"
                : "\(lag) for workers, as these last saw it, \(unpublished) to be published, \(parked) for another attempt"
                    + (overdue == 0 ? "" : ", \(overdue) whose time to be sent has passed"),
            remedy: isQuiet ? "" : "look again: if it grows, `select * from mesh.lag` says where")
    }

    /// Nothing to say where all go on.
    private var stuckWorkflows: [Finding] {
        guard !stuck.isEmpty else { return [] }
        let services = Set(stuck.map { $0.text("service") }).sorted().joined(separator: ", ")
        return [
            Finding(
                subject: "workflows", verdict: .warning,
                fact: "\(stuck.count)\(stuck.count == MeshCheck.page ? " or more" : "") stuck, of \(services)",
                remedy:
                    "`wasmesh workflows list --status stuck` shows them, `show` why; they go on after a fix, or `upgrade`, `reset` or `terminate` them"
            )
        ]
    }

    private var deadLetters: Finding {
        let count = messages("dead letters")
        return count == 0
            ? Finding(subject: "dead letters", verdict: .fine, fact: "none")
            : Finding(
                subject: "dead letters", verdict: .warning, fact: "\(count) open",
                remedy: "`wasmesh dead-letters list` shows the causes; `redrive` them after the fix, or `discard` them")
    }

    private func messages(_ what: String) -> Int {
        backlog["backlog"]?.elements.first { $0.text("what") == what }.flatMap { Int($0.text("messages")) } ?? 0
    }
}
