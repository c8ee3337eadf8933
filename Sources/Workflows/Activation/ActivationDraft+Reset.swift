import MeshCore
import Outbox

extension ActivationDraft {
    /// Begins a new run that has the commands of this one up to an entry, and all that has come in about them: the code decides anew from there.
    ///
    /// Nothing is sent again: calls that are kept keep their answers, and open ones are still waited for. What was begun later is given up.
    mutating func reset(to sequence: Int64) throws(MeshError) -> WorkflowActivation.Outcome {
        try checkOpen("reset")
        let kept = try operations(upTo: sequence)
        let givenUp = callsGivenUp(after: sequence, among: kept)
        for op in machine.operations.indices.map({ Int32($0 + 1) }) {
            for timer in openTimers(of: op) { remove(timer) }
        }
        // One with a name of its own goes on: called again it is the same workflow, and one that was asked to end could only fail the new run.
        for child in closingChildren(after: kept) where hasMadeKey(child.op) {
            close(child: child.op, as: child.policy, reason: "its parent was reset")
        }
        appendEvent(entry(.continued, name: "reset", details: Array("{\"reset\":\(sequence)}".utf8)))
        facts.restartedBy = nil
        operationsKept = Int32(kept)
        beginAgain(upTo: sequence, operations: kept)
        for op in givenUp { loseAnswer(of: op, "it was given up before the workflow was reset") }
        for op in machine.operations.indices.map({ Int32($0 + 1) }) {
            for timer in openTimers(of: op) { add(timer) }
        }
        startSoon()
        return .taken(reply: WorkflowMachine.empty)
    }

    /// How many operations of the run were begun up to an entry.
    func operations(upTo sequence: Int64) throws(MeshError) -> Int {
        guard let first = machine.first, sequence >= first.sequence, sequence < machine.nextSequence else {
            throw MeshError(
                .invalidRequest,
                "the journal of run \(row.run) of \(id) has no entry \(sequence); it has \(machine.first?.sequence ?? 0) to \(machine.nextSequence - 1)"
            )
        }
        return machine.operations.prefix { machine[$0.command].sequence <= sequence }.count
    }

    /// Begins a run that repeats this one's commands up to an entry, and what came for them.
    ///
    /// - Parameter operations: how many there are up to there.
    mutating func beginAgain(upTo sequence: Int64, operations: Int, isAwaited: Bool = true) {
        guard let first = machine.first else { return }
        let (all, kept, asking) = (machine.entries, Int32(operations), isAwaited ? machine.askingEntries : [])
        facts.resets = facts.resets.map { .init(run: $0.run, operations: min($0.operations, kept)) }
        facts.resets.append(.init(run: row.run, operations: kept))
        // What the code has drawn and read of the clock before the entry it must find again.
        facts.codeRun = facts.codeRun ?? row.run
        beginRun(input: first.request, at: first.at)
        for old in all.dropFirst() where old.isKept(upTo: sequence, operations: kept) {
            guard isAwaited || old.kind != .joined else { continue }
            var old = old
            // Its sender was answered, maybe by a command that is forgotten.
            if old.kind == .signal, !asking.contains(old.sequence) { old.details = nil }
            takeAlong(old)
        }
    }

    /// The kept calls that the code gave up behind the entry.
    private func callsGivenUp(after sequence: Int64, among kept: Int) -> [Int32] {
        machine.operations.indices.prefix(kept).filter { index in
            let state = machine.operations[index]
            guard state.kind == .call, !state.isOpen else { return false }
            return machine[state.completion].kind == .cancel && machine[state.completion].sequence > sequence
        }
        .map { Int32($0 + 1) }
    }

    /// Ends a call whose answer may have come, and been dropped, while it was given up: without a deadline it would be waited for without an end.
    mutating func loseAnswer(of op: Int32, _ reason: String) {
        guard let state = machine.operation(op), state.isOpen, openTimers(of: op).isEmpty else { return }
        let error = MeshError.workflowCancelled(reason, at: now)
        appendEvent(entry(.failed, op: op, result: Array(error.json.utf8), attempt: state.attempt))
    }
}

extension JournalEntry {
    /// Whether a run that was reset to `sequence` has it.
    fileprivate func isKept(upTo sequence: Int64, operations: Int32) -> Bool {
        if kind.isCommand { return self.sequence <= sequence }
        switch kind {
        case .answered, .failed, .retried, .fired: return op <= operations
        case .signal, .joined: return true
        // An operator who resets a workflow wants it to go on.
        case .cancelRequested: return self.sequence <= sequence
        default: return false
        }
    }
}
