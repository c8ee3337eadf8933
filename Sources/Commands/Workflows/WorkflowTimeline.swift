import MeshCore

/// What a run did, step by step, with when each step began and ended: read off its journal, the way the machine reads it.
struct WorkflowTimeline: Sendable {
    struct Step: Sendable {
        enum State: String, Sendable {
            /// It waits.
            case open
            case done, failed, cancelled
            /// It was open when the run ended.
            case dropped
            /// It took no time: an event sent, a state written.
            case instant
            /// Something that came from outside, or the end.
            case event
        }

        var seq: Int64
        var op = 0
        var title: String
        var state: State
        var start: Timestamp
        var end: Timestamp?
        /// When a timer or the next attempt is due.
        var due: Timestamp?
        var attempts = 1
        var note = ""
    }

    private(set) var steps: [Step] = []
    /// When the first and the last entry were written.
    private(set) var start: Timestamp?
    private(set) var end: Timestamp?
    /// Places in `steps` by operation.
    private var places: [Int: Int] = [:]
    /// The operations that are child workflows.
    private var children: Set<Int> = []
    /// The names of the signals that operations receive.
    private var receives: [Int: String] = [:]
    /// Steps that wait for a signal, by its name, and signals that nobody waits for yet.
    private var receivers: [String: [Int]] = [:]
    private var early: [String: [JournalLine]] = [:]

    init(_ journal: [JournalLine]) {
        for line in journal { take(line) }
        for (name, lines) in early.sorted(by: { $0.key < $1.key }) {
            for line in lines {
                steps.append(
                    Step(
                        seq: line.seq, title: "signal \(name)", state: .event, start: line.at, note: "came early, waits"
                    ))
            }
        }
        if let last = journal.last, WorkflowTimeline.ends.contains(last.kind) { drop(at: last.at) }
        steps.sort { $0.seq < $1.seq }
    }

    private static let ends: Set<String> = ["continued", "completed", "threw", "cancelled", "terminated"]

    /// Nothing is waited for any more once the run has ended.
    private mutating func drop(at end: Timestamp) {
        for place in steps.indices where steps[place].state == .open {
            steps[place].state = .dropped
            steps[place].end = end
            steps[place].due = nil
        }
    }

    private mutating func take(_ line: JournalLine) {
        start = start ?? line.at
        end = line.at
        switch line.kind {
        case "call", "local", "timer", "receive": begin(line)
        case "answered": finish(line, .done)
        case "fired": line.attempt > 1 ? triedAgain(line) : finish(line, .done)
        case "failed": line.op > 0 ? finish(line, .failed) : event(line, "failed", line.error)
        case "retried": retried(line)
        case "signal": signal(line, line.name)
        case "cancel": line.details?["returned"] == nil ? finish(line, .cancelled) : giveBack(line)
        case "reply": reply(line)
        case "emit", "send", "write", "patch", "read", "config", "closed": instant(line)
        case "started" where line.details?["restartedBy"] != nil:
            event(line, "restarted", line.details.map { "by \($0.text("restartedBy"))" } ?? "")
        case "started": event(line, "started", line.details.map { "by \($0.text("source"))" } ?? "")
        case "joined": event(line, "joined by another call", "")
        case "cancel_requested": event(line, "cancel requested", line.request?.text ?? "")
        case "resumed": event(line, "resumed", "")
        case "upgraded": event(line, "upgraded", line.name)
        case "threw": event(line, "failed", line.error)
        case "cancelled", "terminated": event(line, line.kind, line.error)
        case "completed": event(line, "completed", line.result?.rendered() ?? "")
        case "continued" where line.name == "reset":
            event(line, "reset", line.details.map { "to \($0.text("reset"))" } ?? "")
        case "continued": event(line, "continued as new", line.request?.rendered() ?? "")
        default: event(line, line.kind, line.name)
        }
    }

    private mutating func begin(_ line: JournalLine) {
        var step = Step(seq: line.seq, op: line.op, title: WorkflowTimeline.title(line), state: .open, start: line.at)
        step.due = line.due
        if line.kind == "timer" { step.title = "timer" + (line.label.map { " \($0)" } ?? "") }
        // A local step that came to something at once, and a child nobody waits for.
        if line.kind == "local", line.result != nil { (step.state, step.end) = (.done, line.at) }
        if line.details?.text("detached") == "true" { (step.state, step.end, step.note) = (.done, line.at, "detached") }
        // It is no operation: it has no number, and takes no signal.
        if line.details?["refused"] != nil {
            (step.state, step.end, step.note) = (.failed, line.at, line.details?.text("reason") ?? "")
            return steps.append(step)
        }
        if line.details?.text("child") == "true" { children.insert(line.op) }
        if line.kind == "receive" { receives[line.op] = line.name }
        if line.kind == "receive", var waiting = early[line.name], !waiting.isEmpty {
            waiting.removeFirst()
            early[line.name] = waiting.isEmpty ? nil : waiting
            (step.state, step.end) = (.done, line.at)
        } else if line.kind == "receive" {
            receivers[line.name, default: []].append(steps.count)
        }
        places[line.op] = steps.count
        steps.append(step)
    }

    private mutating func finish(_ line: JournalLine, _ state: Step.State) {
        guard let place = places[line.op], steps[place].state == .open else { return }
        // A child that was asked to end completes by its answer.
        if state == .cancelled, children.contains(line.op) {
            steps[place].note = "asked to end"
            return
        }
        steps[place].state = state
        steps[place].end = line.at
        steps[place].due = nil
        steps[place].attempts = max(steps[place].attempts, line.attempt)
        if state == .failed { steps[place].note = line.error }
        if state == .done { steps[place].note = "" }
    }

    private mutating func retried(_ line: JournalLine) {
        guard let place = places[line.op] else { return }
        // The entry names the attempt that is due.
        steps[place].attempts = max(steps[place].attempts, line.attempt)
        steps[place].due = line.due
        steps[place].note = line.error
    }

    private mutating func triedAgain(_ line: JournalLine) {
        guard let place = places[line.op] else { return }
        steps[place].attempts = max(steps[place].attempts, line.attempt)
        steps[place].due = nil
    }

    /// A receive was given up that had got a signal of which the code didn't know; those behind it move up, so it is as if the signal came now.
    private mutating func giveBack(_ line: JournalLine) {
        guard let place = places[line.op], let name = receives[line.op] else { return }
        (steps[place].state, steps[place].end) = (.cancelled, line.at)
        signal(line, name)
    }

    private mutating func signal(_ line: JournalLine, _ name: String) {
        let waiting = (receivers[name] ?? []).filter { steps[$0].state == .open }
        guard let place = waiting.first else {
            early[name, default: []].append(line)
            return
        }
        receivers[name] = Array(waiting.dropFirst())
        steps[place].state = .done
        steps[place].end = line.at
    }

    /// The code has answered the signal that a receive got.
    private mutating func reply(_ line: JournalLine) {
        guard line.details?["refused"] == nil, let place = places[line.op] else {
            let note = line.details?.text("reason") ?? ""
            return steps.append(
                Step(
                    seq: line.seq, title: "answer \(line.name)", state: .failed, start: line.at, end: line.at,
                    note: note))
        }
        steps[place].note =
            line.result == nil ? "answered \(line.request?.rendered() ?? "")" : "refused with \(line.error)"
    }

    private mutating func instant(_ line: JournalLine) {
        steps.append(
            Step(
                seq: line.seq, op: line.op, title: WorkflowTimeline.title(line), state: .instant, start: line.at,
                end: line.at, note: line.due.map { "due \($0.iso8601.prefix(19))Z" } ?? ""))
    }

    private mutating func event(_ line: JournalLine, _ title: String, _ note: String) {
        steps.append(Step(seq: line.seq, title: title, state: .event, start: line.at, end: line.at, note: note))
    }

    private static func title(_ line: JournalLine) -> String {
        let what =
            switch line.kind {
            case "local": line.name
            case "receive": "signal \(line.name)"
            case "write": line.request == nil ? "delete state" : "write state"
            case "read": "read state"
            case "reply": "answer"
            default: "\(line.kind) \(line.name)"
            }
        let role = line.details?.text("role") == "compensation" ? "↩ " : ""
        return role + (line.label.map { "\($0): \(what)" } ?? what)
    }
}
