import MeshCore
import Outbox
import Wasm

/// Answers a workflow's code while it runs: from the journal as long as that says something, else by doing what is asked, into the draft.
final class WorkflowSession<Code: WorkflowCode>: WorkflowCalls {
    /// Why the code was stopped.
    enum Stop {
        case difference(WorkflowDifference)
        /// It has done enough for one activation.
        case bound
        case exhausted(MeshError)
    }

    var draft: ActivationDraft
    let code: Code
    private(set) var stop: Stop?
    /// What the code waits for, once it is suspended.
    var suspendedOn: [Int32]?
    /// The input of the next run, where the code ends this one for it.
    var nextInput: [UInt8]?
    /// It knew that the workflow is being cancelled when it asked for that run.
    var isContinuedThoughCancelled = false
    /// Until the code knows more than that, it has logged its lines before.
    private let liveFrom: Int64
    private let begunAt = ContinuousClock.now

    /// - Parameter liveFrom: the sequence of the first entry that a suspended code hasn't seen; 0 for code that wasn't suspended.
    init(_ draft: ActivationDraft, code: Code, liveFrom: Int64) {
        self.draft = draft
        self.code = code
        self.liveFrom = liveFrom
        self.draft.machine.rewind()
    }

    var now: Timestamp { draft.machine.now }
    var run: Int32 { draft.facts.codeRun ?? draft.row.run }
    var isReplaying: Bool { draft.machine.isReplaying || draft.machine.horizon < liveFrom }

    var cancelReason: String? { draft.machine.cancelReason }

    // MARK: Stops

    func stop<Value>(_ reason: Stop) -> WorkflowDecision<Value> {
        stop = reason
        switch reason {
        case .difference(let difference): return .stop(difference.description)
        case .bound: return .stop("the bound of one activation is reached")
        case .exhausted(let error): return .stop(error.message)
        }
    }

    /// Whether something new may be appended.
    ///
    /// - Parameter kind: the command's. What is written after a state was read follows from that: between the two the state stays this activation's.
    func bound(_ kind: JournalEntry.Kind) -> Stop? {
        let limits = draft.limits
        if draft.machine.runLength >= limits.entries {
            return .exhausted(.journalIsFull(draft.row.run, draft.machine.runLength))
        }
        if kind == .write, draft.entriesByCode > 0, draft.machine.lastCommand?.kind == .read { return nil }
        if draft.entriesByCode >= limits.entriesPerActivation || draft.bytesByCode >= limits.bytesPerActivation {
            return .bound
        }
        // However long the replay took, each activation gets further.
        if draft.entriesByCode > 0, ContinuousClock.now - begunAt > limits.timePerActivation { return .bound }
        return nil
    }

    /// Answers a command from the journal (`recorded`), or makes it (`new`).
    func command<Value>(
        _ request: CommandRequest, recorded: (JournalEntry) -> Value, new: () -> WorkflowDecision<Value>
    ) -> WorkflowDecision<Value> {
        switch draft.machine.match(request) {
        case .recorded(let place):
            let entry = draft.machine[place]
            if let refusal = CommandDetails.refusal(entry.details) { return .refuse(refusal.kind, refusal.reason) }
            return .proceed(recorded(entry))
        case .difference(let difference): return stop(.difference(difference))
        case .new:
            if let bound = bound(request.kind) { return stop(bound) }
            return new()
        }
    }

    /// A refusal is a decision as well: every replay gives the same one.
    func refuse<Value>(_ request: CommandRequest, _ kind: WorkflowRefusal, _ reason: String)
        -> WorkflowDecision<Value>
    {
        var details = CommandDetails()
        details.hasGivenKey = request.key != nil && request.kind == .call
        details.refusal = CommandDetails.Refusal(
            kind: kind, reason: reason, digest: SHA256.hex(request.data ?? []))
        let stored = request.withoutZeros
        draft.appendCommand(
            draft.entry(stored.kind, op: stored.op, name: stored.name, key: stored.key, details: details.json))
        return .refuse(kind, reason)
    }
}
