import MeshCore

/// Executions of one order key that run one after another, with the states they may touch.
struct KeyRun: Sendable {
    var id: UInt64
    var orderKey: ServiceKey
    var executions: [Execution]
    /// The committed states of all their state keys.
    var states: [ServiceKey: StateEntry]
}

/// What came of a key run.
struct KeyRunResult: Sendable {
    var id: UInt64
    var orderKey: ServiceKey
    /// In order; ends early after a failure that parks the key.
    var results: [ExecutionResult]
    /// Not started, because an earlier one of the same key has to be tried again first.
    var remaining: [Execution]
    /// The states as read, for the version checks.
    var states: [ServiceKey: StateEntry]
}
