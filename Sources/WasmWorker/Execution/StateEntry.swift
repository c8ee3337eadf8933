import Outbox
import Wasm

/// The state of one key as committed or as an execution left it, and what else is stored under that key.
struct StateEntry: Sendable, Equatable {
    /// 0 when there is no row.
    var version: Int64
    /// The JSON object; nil when there is no state.
    var data: [UInt8]?
    /// Nil where nobody has asked for it: handlers don't need it.
    var contents: KeyContents?

    static let absent = StateEntry(version: 0, data: nil)

    /// What an execution leaves for the next one of its run.
    mutating func take(_ change: StateChange) {
        switch change {
        case .unchanged: break
        case .set(let data): self.data = data
        case .deleted: data = nil
        }
    }
}

/// What is stored under a key beside its state: a workflow or a schedule. Boxed, so that states without it stay small.
final class KeyContents: Sendable, Equatable {
    let workflow: WorkflowRecord?
    let schedule: LoadedSchedule?

    init(workflow: WorkflowRecord? = nil, schedule: LoadedSchedule? = nil) {
        self.workflow = workflow
        self.schedule = schedule
    }

    /// Nothing is stored.
    static let none = KeyContents()

    static func == (left: KeyContents, right: KeyContents) -> Bool {
        left === right || (left.workflow == right.workflow && left.schedule == right.schedule)
    }
}
