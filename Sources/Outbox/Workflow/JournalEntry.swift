package import MeshCore

/// One entry of a workflow's journal: a row of `mesh.journal`, never changed (docs/design/workflows.md).
package struct JournalEntry: Sendable, Equatable {
    /// Rises by 1 over all runs of a workflow; the first entry has 1.
    package var sequence: Int64
    package var run: Int32
    package var kind: Kind
    /// The operation that it begins (a command) or is about (`answered`, `failed`, `retried`, `fired`); 0 where there is none.
    package var op: Int32
    /// What it is about: the target of a call (`shop.Payments/capture`), an event, a signal, a patch.
    package var name: String?
    /// The label that the author gave the operation; for people.
    package var label: String?
    /// The key of a call, a send or an emit.
    package var key: String?
    /// What the code handed out, or what came in: arguments, an event's or a signal's data, the input. JSON.
    package var request: [UInt8]?
    /// What a command came to, where that is known at once, or what an event brought. JSON; of a failure the error.
    package var result: [UInt8]?
    /// The options of a command and other facts that replay needs, JSON (`CommandOptions`, `StartFacts`).
    package var details: [UInt8]?
    /// The state of the key after a local step that changed it: `null` where it was deleted, a text where it is too large to be kept here. For people.
    package var state: [UInt8]?
    /// When a timer is due, or the next attempt.
    package var due: Timestamp?
    package var attempt: Int32
    /// The time of the activation that wrote it.
    package var at: Timestamp

    package init(
        sequence: Int64, run: Int32, kind: Kind, op: Int32 = 0, name: String? = nil, label: String? = nil,
        key: String? = nil, request: [UInt8]? = nil, result: [UInt8]? = nil, details: [UInt8]? = nil,
        state: [UInt8]? = nil, due: Timestamp? = nil, attempt: Int32 = 1, at: Timestamp
    ) {
        self.sequence = sequence
        self.run = run
        self.kind = kind
        self.op = op
        self.name = name
        self.label = label
        self.key = key
        self.request = request
        self.result = result
        self.details = details
        self.state = state
        self.due = due
        self.attempt = attempt
        self.at = at
    }
}

extension JournalEntry {
    /// What an entry says; the raw value is what the table holds.
    package enum Kind: String, Sendable, CaseIterable {
        // Commands.
        case call, local, timer, receive, emit, send, read, write, patch, cancel, config, closed, reply
        // Events.
        case started, joined, answered, failed, retried, fired, signal, cancelRequested = "cancel_requested"
        case resumed, upgraded
        // Ends of a run.
        case continued, completed, threw, cancelled, terminated

        /// Whether the code asked for it: then replay compares it.
        package var isCommand: Bool {
            switch self {
            case .call, .local, .timer, .receive, .emit, .send, .read, .write, .patch, .cancel, .config, .closed,
                .reply:
                true
            default: false
            }
        }

        /// Whether it ends the run.
        package var isEnd: Bool {
            switch self {
            case .continued, .completed, .threw, .cancelled, .terminated: true
            default: false
            }
        }
    }
}
