import MeshCore
import Outbox

// Ends of runs and workflows.

extension ActivationDraft {
    /// Ends the workflow: what is open is closed, and everybody who waits is answered.
    mutating func end(
        _ kind: JournalEntry.Kind, _ status: WorkflowRow.Status, result: [UInt8]? = nil, error: [UInt8]? = nil
    ) {
        closeOperations()
        appendEvent(entry(kind, result: result ?? error))
        row.status = status
        row.result = result
        row.error = error
        row.endedAt = now
        row.attempt = 0
        stopWaiting()
        for caller in [facts.caller] + joinedCallers where caller.isOwedAnswer(at: now) {
            answers.append(
                error.map { caller.answer(.error, $0) } ?? caller.answer(.ok, result ?? WorkflowMachine.empty))
        }
        refuse(signalsAt: machine.asking, "ended")
    }

    /// The code can't go on before an operator has looked.
    mutating func getStuck(_ error: MeshError) {
        isChanged = true
        row.status = .stuck
        row.error = Array(error.json.utf8)
        stopWaiting()
    }

    mutating func stopWaiting() {
        row.waitingFor = nil
        row.waitingSince = nil
        waitsFor = nil
        wakes = false
    }

    /// Why no more callers may wait, if so. Those that have gone make room, but stay in the journal of the run.
    ///
    /// - Parameters:
    ///   - places: of the entries whose details are callers.
    ///   - waiting: what so many do, where it is those that wait.
    ///   - ofRun: the same where it is all of the run.
    func boundOfCallers(at places: some Collection<Int>, waiting: String, ofRun: String) -> MeshError? {
        guard places.count >= limits.callers else { return nil }
        let isFull = places.count >= limits.callersOfRun
        let count =
            isFull
            ? places.count
            : places.count { WorkflowCaller(json: machine[$0].details)?.isWaiting(at: now) ?? false }
        guard count >= limits.callers else { return nil }
        return MeshError(.resourceExhausted, "\(count) \(isFull ? ofRun : waiting)", retryable: true)
    }

    /// Those who joined this run, in order.
    var joinedCallers: some Sequence<WorkflowCaller> {
        machine.joined.lazy.compactMap { [machine] in WorkflowCaller(json: machine[$0].details) }
    }

    /// Deletes the timers of what is open, and asks open children to end as their calls said.
    func closingChildren(after operation: Int = 0) -> [(op: Int32, policy: CommandOptions.ParentClose)] {
        var children: [(op: Int32, policy: CommandOptions.ParentClose)] = []
        for (index, state) in machine.operations.enumerated().dropFirst(operation)
        where state.isOpen && state.kind == .call && state.retryDue == nil {
            let details = CommandDetails(json: machine[state.command].details)
            guard details.isChild, details.parentClose != .abandon else { continue }
            // It has been asked already.
            if state.isCancelling, details.parentClose == .cancel { continue }
            children.append((Int32(index + 1), details.parentClose))
        }
        return children
    }

    mutating func closeOperations() {
        for op in machine.operations.indices.map({ Int32($0 + 1) }) {
            for timer in openTimers(of: op) { remove(timer) }
        }
        for child in closingChildren() { close(child: child.op, as: child.policy, reason: "its parent ended") }
    }

    // MARK: Another run

    /// Ends this run and begins the next one, which starts when its timer is due: at once.
    ///
    /// - Parameter isCancelKnown: the code had been told of a cancellation when it asked for the next run. One that it is told of later, while
    ///   it waits for what is open, finds it ending: the next run is told again.
    mutating func continueAsNew(input: [UInt8], isCancelKnown: Bool) {
        closeOperations()
        appendEvent(entry(.continued, request: input))
        // What came for the workflow and not for the run is taken along.
        let joined = machine.joined.lazy.map { [machine] in machine[$0] }.filter { [now] in
            WorkflowCaller(json: $0.details)?.isOwedAnswer(at: now) ?? true
        }
        let cancel = isCancelKnown ? nil : machine.cancelRequest.map { machine[$0] }
        let untold = machine.untoldSignals
        let signals = untold.map { machine[$0] }
        refuse(signalsAt: machine.asking.subtracting(untold), "began another run")
        // Answers to operations of other runs are for none of this one.
        facts.resets = []
        facts.codeRun = nil
        facts.restartedBy = nil
        operationsKept = 0
        beginRun(input: input, at: now)
        for old in joined + (cancel.map { [$0] } ?? []) + signals {
            var entry = old
            // To this run they come when it begins: its clock doesn't go back to when they came to the last one.
            entry.at = max(old.at, now)
            takeAlong(entry)
        }
        startSoon()
    }

    /// - Parameter start: when the code believes to have begun.
    mutating func beginRun(input: [UInt8]?, at start: Timestamp) {
        row.run += 1
        machine.restart()
        var started = entry(.started, name: row.method, request: input, details: facts.json)
        started.at = start
        appendEvent(started)
    }

    /// Repeats an entry of the last run in this one.
    mutating func takeAlong(_ old: JournalEntry) {
        var entry = old
        entry.run = row.run
        isChanged = true
        machine.append(entry)
    }

    mutating func startSoon() {
        row.attempt = 0
        row.error = nil
        row.status = .running
        stopWaiting()
        add(timer(.advance, op: 0, due: now))
    }
}
