import MeshCore

/// The executions of one order key that wait for their turn.
struct KeyQueue: Sendable {
    /// From `mesh.parked`, in order; they come before `waiting`.
    var parked: [Execution] = []
    /// From the log, in order.
    var waiting: [Execution] = []
    /// When the first of `waiting` came; for batch handlers.
    var waitingSince = Timestamp(microseconds: 0)
    /// True while a run of this key runs or waits for its commit.
    var isBusy = false
    /// True after a batch with this key was refused: then its executions run one by one, so that the culprit is found.
    var runsAlone = false

    /// True while its key is in the list of those that may be able to run.
    var isCandidate = false

    /// Queues an execution from the log; true where the key has to be put into the list of candidates.
    mutating func append(_ execution: Execution) -> Bool {
        if waiting.isEmpty { waitingSince = execution.firstRunAt }
        waiting.append(execution)
        return becomeCandidate()
    }

    /// True where its key has to be put into the list of candidates.
    mutating func becomeCandidate() -> Bool {
        defer { isCandidate = true }
        return !isCandidate
    }

    var isEmpty: Bool { parked.isEmpty && waiting.isEmpty }
}
