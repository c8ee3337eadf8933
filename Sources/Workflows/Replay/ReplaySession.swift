import MeshCore
import Outbox
import Wasm

/// Answers a workflow's code from its journal, and ends it where that ends.
final class ReplaySession: WorkflowCalls {
    private(set) var machine: WorkflowMachine
    let row: WorkflowRow
    private let onStep: (ReplayStep) -> Bool
    /// Whether the package takes an input for the next run: what was refused isn't in the journal.
    private let checkNext: ([UInt8]) -> CallDecision
    private(set) var end: ReplayEnd?
    private(set) var nextInput: [UInt8]?
    private var steps = 0
    private var state: [UInt8]?

    init(
        _ record: WorkflowRecord, checkNext: @escaping ([UInt8]) -> CallDecision,
        onStep: @escaping (ReplayStep) -> Bool
    ) {
        machine = WorkflowMachine(record.journal, nextSequence: record.row.nextSequence, at: record.row.startedAt)
        row = record.row
        self.checkNext = checkNext
        self.onStep = onStep
    }

    var now: Timestamp { machine.now }
    var run: Int32 { StartFacts(json: machine.first?.details)?.codeRun ?? machine.first?.run ?? row.run }
    var isReplaying: Bool { false }
    var cancelReason: String? { machine.cancelReason }

    /// The entry with which the code ended the run, where it has.
    var recordedEnd: JournalEntry? {
        guard machine.count > 0, machine[machine.count - 1].kind.isEnd else { return nil }
        let end = machine[machine.count - 1]
        return end.saysNothingOfTheCode ? nil : end
    }

    // MARK: Steps

    private func stop<Value>(_ end: ReplayEnd) -> WorkflowDecision<Value> {
        self.end = end
        return .stop("the replay ends here")
    }

    /// Tells of a step; false where that is enough.
    private func tell(_ kind: ReplayStep.Kind, _ entry: JournalEntry, _ operation: Int32, _ text: String) -> Bool {
        steps += 1
        return onStep(
            ReplayStep(number: steps, kind: kind, entry: entry, operation: operation, text: text, state: state))
    }

    private func command<Value>(_ request: CommandRequest, _ value: (JournalEntry) -> Value) -> WorkflowDecision<Value>
    {
        switch machine.match(request) {
        case .difference(let difference): return stop(.difference(difference))
        case .new: return beyond(request.description)
        case .recorded(let place):
            let entry = machine[place]
            if entry.kind == .read { state = entry.result }
            if entry.kind == .write { state = entry.request }
            see(entry)
            guard tell(.command, entry, entry.op, request.description) else { return stop(.stopped) }
            if let refusal = CommandDetails.refusal(entry.details) { return .refuse(refusal.kind, refusal.reason) }
            return .proceed(value(entry))
        }
    }

    /// The journal has nothing more: what the code does next is new, unless the run has ended.
    private func beyond<Value>(_ found: String) -> WorkflowDecision<Value> {
        if let end = recordedEnd { return stop(.difference(machine.difference(from: end, found: found))) }
        return stop(.agrees("goes on: \(found)"))
    }

    // MARK: Calls

    func begin(_ command: GuestCommand) -> WorkflowDecision<Int32> { self.command(CommandRequest(command), \.op) }

    func handOut(
        _ kind: GuestMessage.Kind, name: String, key: String?, data: [UInt8], due: Timestamp?,
        check: () -> MessageDecision
    ) -> WorkflowDecision<Void> {
        command(CommandRequest(kind == .emit ? .emit : .send, name: name, key: key, data: data)) { _ in }
    }

    func wait(forAnyOf operations: [Int32]) -> WorkflowDecision<Int?> {
        switch machine.wait(forAnyOf: operations) {
        case .completed(let place): return tellCompletion(of: operations[place]) ? .proceed(place) : stop(.stopped)
        case .cancelled: return tellCancel() ? .proceed(nil) : stop(.stopped)
        case .nothing: return waits(for: operations)
        case .unknown(let op): return .refuse(.invalid, "operation \(op) hasn't been begun")
        case .difference(let difference): return stop(.difference(difference))
        }
    }

    private func tellCompletion(of op: Int32) -> Bool {
        guard let state = machine.operation(op) else { return true }
        let text = "is told of operation \(op): \(machine[state.command].commandText)"
        see(machine[state.completion])
        return tell(.told, machine[state.completion], op, text)
    }

    /// The state after a local step.
    private func see(_ entry: JournalEntry) {
        guard let after = entry.state else { return }
        state = after == Array("null".utf8) ? nil : after
    }

    private func tellCancel() -> Bool {
        guard let place = machine.cancelRequest else { return true }
        return tell(.cancelled, machine[place], 0, "is told that it is being cancelled")
    }

    /// Nothing of what it waits for has happened.
    private func waits<Value>(for operations: [Int32]) -> WorkflowDecision<Value> {
        let text = "waits for \(WorkflowMachine.list(operations))"
        if let end = recordedEnd { return stop(.difference(machine.difference(from: end, found: text))) }
        end = .agrees(text)
        return .suspend
    }

    func makeGroup() -> WorkflowDecision<Int32> { .proceed(machine.makeGroup()) }

    func add(_ operation: Int32, to group: Int32) -> WorkflowDecision<Void> {
        machine.add(operation, to: group).map { .refuse(.invalid, $0) } ?? .proceed(())
    }

    func next(of group: Int32, orAnyOf operations: [Int32]) -> WorkflowDecision<GroupNext> {
        switch machine.next(of: group, orAnyOf: operations) {
        case .told(.operation(let op)): return tellCompletion(of: op) ? .proceed(.operation(op)) : stop(.stopped)
        case .told(.cancelled): return tellCancel() ? .proceed(.cancelled) : stop(.stopped)
        case .told(.empty): return .proceed(.empty)
        case .nothing(let open): return waits(for: open)
        case .unknown(let reason): return .refuse(.invalid, reason)
        case .difference(let difference): return stop(.difference(difference))
        }
    }

    func close(signal name: String) -> WorkflowDecision<Void> {
        command(CommandRequest(.closed, name: name)) { _ in }
    }

    func reply(to operation: Int32, isError: Bool, data: [UInt8]) -> WorkflowDecision<Void> {
        if let problem = machine.problem(withReplyTo: operation) { return .refuse(.invalid, problem) }
        let decision = command(CommandRequest(replyTo: operation, isError: isError, data: data)) { _ in }
        if case .proceed = decision { machine.replied.insert(operation) }
        return decision
    }

    func configuration(_ name: String, value: () -> String?) -> WorkflowDecision<String?> {
        if name.utf8.contains(0) { return .proceed(nil) }
        if let known = machine.knownConfiguration(name) { return .proceed(known) }
        let decision: WorkflowDecision<String?> = command(CommandRequest(.config, name: name)) {
            ConfigurationValue.read($0.result)
        }
        if case .proceed(let value) = decision { machine.setConfiguration(name, value) }
        return decision
    }

    func outcome(of operation: Int32) -> WorkflowOutcome? { machine.outcome(of: operation) }

    func cancel(_ operation: Int32) -> WorkflowDecision<Void> {
        guard operation > 0, operation <= machine.begun else {
            return .refuse(.invalid, "operation \(operation) hasn't been begun")
        }
        if machine.givingUp(operation) == .over { return .proceed(()) }
        return command(CommandRequest(.cancel, op: operation)) { _ in }
    }

    func isPatched(_ name: String) -> WorkflowDecision<Bool> {
        if name.isEmpty || name.utf8.contains(0) { return .refuse(.invalid, "a patch needs a name") }
        let place = machine.step
        guard let known = machine.isPatched(name) else {
            machine.setPatched(name)
            return .proceed(true)
        }
        if machine.step > place, let entry = machine.lastCommand,
            !tell(.command, entry, 0, entry.commandText)
        {
            return stop(.stopped)
        }
        return .proceed(known)
    }

    func readState() -> WorkflowDecision<[UInt8]?> { command(CommandRequest(.read), \.result) }

    func writeState(_ state: [UInt8]?, check: () -> StateDecision) -> WorkflowDecision<Void> {
        command(CommandRequest(.write, data: state)) { _ in }
    }

    func continueAsNew(_ input: [UInt8]) -> WorkflowDecision<Void> {
        switch checkNext(input) {
        case .accepted:
            nextInput = input
            return .proceed(())
        case .denied(let reason): return .refuse(.notAllowed, reason)
        case .invalid(let reason): return .refuse(.invalid, reason)
        }
    }
}
