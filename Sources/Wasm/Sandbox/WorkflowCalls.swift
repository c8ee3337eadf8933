package import MeshCore

/// What a workflow's code asks of the mesh (docs/abi.md, "Workflows"): the guest's imports `workflow_*` end here.
///
/// Called on the thread that runs the guest. A decision to suspend or to stop ends the run there; the instance is dropped.
package protocol WorkflowCalls: AnyObject {
    /// The time as the code may know it.
    var now: Timestamp { get }
    /// From 1; `continueAsNew` begins the next one.
    var run: Int32 { get }
    /// Why it is being cancelled; nil while it isn't.
    var cancelReason: String? { get }
    /// True while recorded commands are left: log lines are dropped then.
    var isReplaying: Bool { get }
    /// Begins an operation; its number.
    func begin(_ command: GuestCommand) -> WorkflowDecision<Int32>
    /// An `emit` or `send`, with the key as the code gave it; what is recorded already isn't sent again. `check` is asked for what is new. `due`:
    /// when a call is to be sent; nil: at once.
    func handOut(
        _ kind: GuestMessage.Kind, name: String, key: String?, data: [UInt8], due: Timestamp?,
        check: () -> MessageDecision
    ) -> WorkflowDecision<Void>
    /// Waits for any of some operations: the place of the first one that is completed; `.proceed(nil)`: the workflow is being cancelled.
    func wait(forAnyOf operations: [Int32]) -> WorkflowDecision<Int?>
    /// Makes a group of operations, whose open ones the host keeps; its number.
    func makeGroup() -> WorkflowDecision<Int32>
    /// Puts an operation into a group.
    func add(_ operation: Int32, to group: Int32) -> WorkflowDecision<Void>
    /// Waits for any of a group's operations or of some others; one of the group is taken out of it.
    func next(of group: Int32, orAnyOf operations: [Int32]) -> WorkflowDecision<GroupNext>
    /// Whether an operation is completed as far as the code may know, and how; nil while it is open or unknown.
    func outcome(of operation: Int32) -> WorkflowOutcome?
    /// Gives an operation up.
    func cancel(_ operation: Int32) -> WorkflowDecision<Void>
    /// Whether the code goes the way of a change named so.
    func isPatched(_ name: String) -> WorkflowDecision<Bool>
    /// The code takes no more signals of a method; who sends one is told so.
    func close(signal name: String) -> WorkflowDecision<Void>
    /// Answers the signal that a `receive` has got, or refuses it: with the JSON of its method's result, or of an error (as `fail` takes one).
    func reply(to operation: Int32, isError: Bool, data: [UInt8]) -> WorkflowDecision<Void>
    /// A configuration value, the same for the whole run; `value` is asked for what is new.
    func configuration(_ name: String, value: () -> String?) -> WorkflowDecision<String?>
    /// The state of the workflow's key as it is now, nil where there is none.
    func readState() -> WorkflowDecision<[UInt8]?>
    /// Writes it, or deletes it; `check` is asked for what is new.
    func writeState(_ state: [UInt8]?, check: () -> StateDecision) -> WorkflowDecision<Void>
    /// The code ends this run and wants another with this input.
    func continueAsNew(_ input: [UInt8]) -> WorkflowDecision<Void>
}

/// What is to happen to the code that asked.
package enum WorkflowDecision<Value: Sendable>: Sendable {
    case proceed(Value)
    /// Nothing that it waits for has happened: drop the instance.
    case suspend
    /// It is wrong (not declared, not of the type, over a limit); the guest gets the code and reads the reason.
    case refuse(WorkflowRefusal, String)
    /// The run ends here, for a reason that the owner of this object keeps (a difference to the journal).
    case stop(String)
}

/// What waiting on a group came to.
package enum GroupNext: Sendable, Equatable {
    /// The operation that was completed first.
    case operation(Int32)
    case cancelled
    /// The group is empty, and nothing else was to be waited for.
    case empty
}

package enum WorkflowRefusal: Sendable { case limit, notAllowed, invalid }

/// How an operation ended.
package enum WorkflowOutcome: Sendable, Equatable {
    case result([UInt8])
    /// `MeshError.json`.
    case error([UInt8])
}

/// An operation that a workflow's code begins.
package struct GuestCommand: Sendable, Equatable {
    package enum Kind: Int32, Sendable {
        /// `name` is the target, `data` the arguments.
        case call = 1
        /// `data` is the wait in microseconds, decimal.
        case timer = 2
        /// `name` is the signal's method, `approve`.
        case receive = 3
    }

    package var kind: Kind
    package var name: String
    /// Nil leaves it to the rule of the method.
    package var key: String?
    package var data: [UInt8]
    /// A JSON object (docs/abi.md); empty for none.
    package var options: [UInt8]

    package init(kind: Kind, name: String, key: String? = nil, data: [UInt8] = [], options: [UInt8] = []) {
        self.kind = kind
        self.name = name
        self.key = key
        self.data = data
        self.options = options
    }
}
