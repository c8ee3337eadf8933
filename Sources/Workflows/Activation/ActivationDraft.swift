import MeshCore
import Outbox
import Schemas
import Wasm

/// An activation under way: the workflow as it would be, and what is to be done for it. A value, so that a crash of the code costs only what the code did.
struct ActivationDraft {
    let id: WorkflowID
    let now: Timestamp
    let limits: WorkflowLimits
    var facts: StartFacts
    /// `nextSequence` of the row as it was read; 0 for a new workflow.
    let expectedSequence: Int64
    var row: WorkflowRow
    var machine: WorkflowMachine
    var state: [UInt8]?
    var stateChange = StateChange.unchanged
    var messages: [OutgoingMessage] = []
    private(set) var timersAdded: [WorkflowTimer] = []
    private(set) var timersRemoved: [WorkflowTimer] = []
    private var knownTimers: Set<WorkflowTimer> = []
    var answers: [WorkflowAnswer] = []
    var logs: [GuestLogLine] = []
    /// The operations that the code was last seen waiting for; nil where that isn't known.
    var waitsFor: Set<Int32>?
    var pause: WorkflowPause?
    /// The row or its timers changed, with or without an entry.
    var isChanged = false
    /// `WorkflowWrite.operationsKept`.
    var operationsKept: Int32?
    /// Something happened that the code waits for.
    var wakes = false
    /// The code was seen waiting, after the last activation.
    var isSuspended = false
    /// It is time for another attempt after a crash, or for the rest of the last activation.
    var isAdvance = false

    // What the code appended in this activation.
    var entriesByCode = 0
    var bytesByCode = 0

    init(
        _ id: WorkflowID, row: WorkflowRow, machine: WorkflowMachine, facts: StartFacts, expectedSequence: Int64,
        state: [UInt8]?, waitsFor: Set<Int32>?, now: Timestamp, limits: WorkflowLimits
    ) {
        self.id = id
        self.row = row
        self.machine = machine
        self.facts = facts
        self.expectedSequence = expectedSequence
        self.state = state
        self.waitsFor = waitsFor
        self.now = now
        self.limits = limits
    }

    // MARK: Timers

    mutating func add(_ timer: WorkflowTimer) {
        isChanged = true
        var timer = timer
        // One that has just fired is another one.
        while knownTimers.contains(timer), timersRemoved.contains(timer) { timer.due.microseconds += 1 }
        if knownTimers.insert(timer).inserted { timersAdded.append(timer) }
    }

    /// Ends a timer that is in the table, or was added before.
    mutating func remove(_ timer: WorkflowTimer) {
        isChanged = true
        if knownTimers.insert(timer).inserted {
            timersRemoved.append(timer)
        } else if let index = timersAdded.firstIndex(of: timer) {
            timersAdded.remove(at: index)
            knownTimers.remove(timer)
        }
    }
}

extension ActivationDraft {
    var address: String { "/" + id.service }

    func entry(
        _ kind: JournalEntry.Kind, op: Int32 = 0, name: String? = nil, label: String? = nil, key: String? = nil,
        request: [UInt8]? = nil, result: [UInt8]? = nil, details: [UInt8]? = nil, state: [UInt8]? = nil,
        due: Timestamp? = nil, attempt: Int32 = 1
    ) -> JournalEntry {
        JournalEntry(
            sequence: 0, run: row.run, kind: kind, op: op, name: name, label: label, key: key, request: request,
            result: result, details: details, state: state, due: due, attempt: attempt, at: now)
    }

    // MARK: Entries

    /// Appends an event, and ends what its operation leaves open where it completes one.
    mutating func appendEvent(_ entry: JournalEntry) {
        isChanged = true
        // Asked before: the operation forgets what it waited for.
        let timers = openTimers(of: entry.op)
        guard let completed = machine.append(entry) else { return }
        if completed == entry.op { for timer in timers { remove(timer) } }
        if waitsFor?.contains(completed) ?? true { wakes = true }
    }

    /// Appends a command of the code, which has come by it; returns the operation that it completes.
    @discardableResult
    mutating func appendCommand(_ entry: JournalEntry) -> Int32? {
        isChanged = true
        entriesByCode += 1
        bytesByCode += entry.byteCount
        let place = machine.count
        let completed = machine.append(entry)
        machine.came(to: place)
        return completed
    }

    // MARK: Timers

    func timer(_ kind: WorkflowTimer.Kind, op: Int32, attempt: Int32 = 1, due: Timestamp) -> WorkflowTimer {
        WorkflowTimer(
            workflow: id, operation: WorkflowOperation(run: row.run, op: op, attempt: attempt), kind: kind, due: due)
    }

    /// The timers that an open operation has in the table.
    func openTimers(of op: Int32) -> [WorkflowTimer] {
        guard let state = machine.operation(op), state.isOpen else { return [] }
        var timers: [WorkflowTimer] = []
        if let due = machine[state.command].due {
            switch state.kind {
            case .timer: timers.append(timer(.sleep, op: op, due: due))
            case .call, .local: timers.append(timer(.deadline, op: op, due: due))
            case .receive: break
            }
        }
        if let due = state.retryDue { timers.append(timer(.retry, op: op, attempt: state.attempt, due: due)) }
        return timers
    }

    // MARK: Calls

    /// Sends an attempt of the call that `op` is.
    mutating func send(_ op: Int32, attempt: Int32) {
        guard let state = machine.operation(op) else { return }
        let command = machine[state.command]
        let details = CommandDetails(json: command.details)
        let messageID = MessageID.make(at: now)
        let operation = WorkflowOperation(run: row.run, op: op, attempt: attempt)
        let answerTo =
            details.isDetached
            ? nil : AnswerAddress(workflow: id, operation: operation, life: facts.life).description
        messages.append(
            OutgoingMessage(
                Message(
                    id: messageID, type: command.name ?? "", source: address, time: now,
                    key: command.key ?? messageID, data: command.request ?? WorkflowMachine.empty,
                    extensions: MessageExtensions(
                        traceparent: facts.caller.traceparent, deadline: details.isChild ? nil : command.due,
                        caller: id.service, answerTo: answerTo))))
    }

    /// The id of the child that `op` calls, where its code gives it none.
    func madeKey(of op: Int32) -> String { facts.name("\(row.run).\(op)", of: id.key) }

    /// Whether the child that `op` called has such an id, and so is nobody else's.
    func hasMadeKey(_ op: Int32) -> Bool {
        machine.operation(op).map { machine[$0.command].key == madeKey(of: op) } ?? false
    }

    /// Asks the child workflow that `op` called to end.
    mutating func close(child op: Int32, as policy: CommandOptions.ParentClose, reason: String) {
        guard let state = machine.operation(op), let target = machine[state.command].name,
            let slash = target.firstIndex(of: "/"), let key = machine[state.command].key
        else { return }
        let child = WorkflowID(service: String(target[..<slash]), key: key)
        // The child knows its caller by the run that called it; to the others of these it doesn't listen.
        for run in [row.run] + facts.resets.filter({ op <= $0.operations }).map(\.run) {
            let operation = WorkflowOperation(run: run, op: op, attempt: state.attempt)
            let caller = AnswerAddress(workflow: id, operation: operation, life: facts.life)
            let order: WorkflowOrder
            switch policy {
            case .abandon: return
            case .cancel: order = .cancel(reason: reason, caller: caller)
            case .terminate: order = .terminate(reason: reason, caller: caller)
            }
            messages.append(order.message(to: child, from: address, at: now))
        }
    }

    /// What a failed attempt of `op` leads to: another one, or its end. True where another one is due.
    mutating func fail(_ op: Int32, error: [UInt8], isRetryable: Bool) -> Bool {
        guard let state = machine.operation(op) else { return false }
        let details = CommandDetails(json: machine[state.command].details)
        let seed = ActivationDraft.seed(id.key, row.run, op, state.attempt)
        // The last tenth of a journal is for what the code does about failures.
        let hasRoom = machine.runLength < limits.entries / 10 * 9
        if isRetryable, hasRoom, !state.isCancelling,
            let due = details.retry?.due(afterAttempt: state.attempt, from: now, seed: seed)
        {
            let due = max(due, now.advanced(by: OperationRetry.wait(askedBy: error)))
            let next = state.attempt + 1
            appendEvent(entry(.retried, op: op, result: error, due: due, attempt: next))
            add(timer(.retry, op: op, attempt: next, due: due))
            return true
        }
        let told = machine[state.command].name == OutsideService.fetch ? withDoubt(error, of: op) : error
        appendEvent(entry(.failed, op: op, result: told, attempt: state.attempt))
        return false
    }

    /// The last error of a call to the outside, where an attempt before may have been taken: whoever takes steps back must know of that.
    private func withDoubt(_ error: [UInt8], of op: Int32) -> [UInt8] {
        let unknown = "\"\(ErrorCode.communicationFailure.rawValue)\""
        guard JSONMembers(error)?.raw("code") != unknown,
            machine.entries.contains(where: {
                $0.kind == .retried && $0.op == op && $0.result.flatMap { JSONMembers($0)?.raw("code") } == unknown
            })
        else { return error }
        let last = String(decoding: error, as: UTF8.self)
        let message = JSONMembers(error)?.string("message") ?? ""
        let told = MeshError(
            .communicationFailure, "an attempt before the last one may have been taken; the last one: \(message)",
            details: "{\"last\":\(last)}", timestamp: now)
        return Array(told.json.utf8)
    }

    /// Spreads retries; the same for the same operation (FNV-1a).
    static func seed(_ key: String, _ run: Int32, _ op: Int32, _ attempt: Int32) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        for byte in key.utf8 { add(byte) }
        for number in [run, op, attempt] {
            for shift in [0, 8, 16, 24] { add(UInt8(truncatingIfNeeded: number >> Int32(shift))) }
        }
        return hash ^ hash >> 32
    }

    /// What is beyond the limit is dropped.
    mutating func add(logs lines: [GuestLogLine]) {
        logs += lines.prefix(max(0, limits.logLines - logs.count))
    }

    // MARK: State

    mutating func set(state change: StateChange) {
        switch change {
        case .unchanged: return
        case .set(let data): state = data
        case .deleted: state = nil
        }
        stateChange = change
        isChanged = true
    }

    // MARK: Effects

    /// What is to be written; nil where nothing is.
    func effects() -> WorkflowEffects? {
        guard isChanged || !answers.isEmpty || !logs.isEmpty else { return nil }
        var write: WorkflowWrite?
        if isChanged {
            var row = row
            row.nextSequence = machine.nextSequence
            row.updatedAt = now
            write = WorkflowWrite(
                row: row, expectedSequence: expectedSequence, entries: machine.appended, timersAdded: timersAdded,
                timersRemoved: timersRemoved, waitsFor: row.status == .running ? waitsFor : nil,
                pause: row.status == .running && waitsFor != nil ? pause : nil)
            write?.operationsKept = operationsKept
        }
        return WorkflowEffects(write: write, state: stateChange, messages: messages, answers: answers, logs: logs)
    }
}

extension JournalEntry {
    /// Roughly the bytes of its row.
    var byteCount: Int {
        100 + (request?.count ?? 0) + (result?.count ?? 0) + (details?.count ?? 0) + (state?.count ?? 0)
            + (name?.utf8.count ?? 0) + (key?.utf8.count ?? 0)
    }
}
