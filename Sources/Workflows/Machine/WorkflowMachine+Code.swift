import MeshCore
import Outbox
package import Wasm

// What the code asks, answered from the journal.

extension WorkflowMachine {
    /// What the journal says of a command that the code gives.
    package enum Match: Sendable, Equatable {
        /// It is the next one recorded; its place.
        case recorded(Int)
        /// No recorded ones are left: it is to be appended (`append`, then `came(to:)`).
        case new
        case difference(WorkflowDifference)
    }

    /// Compares a command of the code with the next one recorded.
    package mutating func match(_ request: CommandRequest) -> Match {
        passPatches()
        guard step < commands.count else { return .new }
        let place = commands[step]
        guard agrees(self[place], request) else { return .difference(difference(found: request.description)) }
        came(to: place)
        return .recorded(place)
    }

    /// The code has come by the command at `place`.
    package mutating func came(to place: Int) {
        step += 1
        let (op, sequence, time) = (self[place].op, self[place].sequence, self[place].at)
        // Held to what there is: a damaged journal must leave its workflow stuck, not end the process.
        if op > begun { begun = min(op, Int32(clamping: operations.count)) }
        know(sequence, time)
    }

    private func agrees(_ entry: borrowing JournalEntry, _ request: borrowing CommandRequest) -> Bool {
        agreesAsItStands(entry, request)
            || (CommandDetails.refusal(entry.details) != nil && agreesAsItStands(entry, request.withoutZeros))
    }

    private func agreesAsItStands(_ entry: borrowing JournalEntry, _ request: borrowing CommandRequest) -> Bool {
        let kind = entry.kind == .local ? .call : entry.kind
        guard kind == request.kind else { return false }
        switch kind {
        case .call, .send:
            return entry.name == request.name && agreesInData(entry, request)
                && (request.key.map { $0 == entry.key } ?? !CommandDetails.hasGivenKey(entry.details))
        case .emit: return entry.name == request.name && agreesInData(entry, request)
        case .receive, .patch, .config, .closed: return entry.name == request.name
        case .timer, .write: return agreesInData(entry, request)
        case .cancel: return entry.op == request.op
        case .reply:
            return entry.op == request.op && agreesInData(entry, request)
                && ((entry.result != nil) == request.isError || CommandDetails.refusal(entry.details) != nil)
        default: return true
        }
    }

    private func agreesInData(_ entry: borrowing JournalEntry, _ request: borrowing CommandRequest) -> Bool {
        if entry.request == request.data { return true }
        guard let refusal = CommandDetails.refusal(entry.details) else { return false }
        // What was refused may be no JSON at all: only its digest is kept.
        return refusal.digest == SHA256.hex(request.data ?? [])
    }

    func difference(found: String) -> WorkflowDifference {
        let place = nextCommand ?? commands[step]
        return WorkflowDifference(
            step: step + 1, sequence: self[place].sequence, expected: self[place].commandText, found: found)
    }

    /// The run ended with `end`, and the code does something else.
    func difference(from end: JournalEntry, found: String) -> WorkflowDifference {
        WorkflowDifference(step: step + 1, sequence: end.sequence, expected: end.commandText, found: found)
    }

    /// The place of the next command recorded that the code must give; whether it still asks about a change is its business.
    var nextCommand: Int? { commands[step...].first { self[$0].kind != .patch } }

    /// Comes by the changes recorded next, of which the code doesn't ask any more: it goes the new way.
    ///
    /// - Parameter sequence: of what the code is told; what was recorded after that it may ask yet.
    mutating func passPatches(upTo sequence: Int64 = .max) {
        while step < commands.count, self[commands[step]].kind == .patch, self[commands[step]].sequence < sequence {
            patches[self[commands[step]].name ?? ""] = true
            came(to: commands[step])
        }
    }

    /// The command that the code came by last.
    var lastCommand: JournalEntry? { step > 0 ? self[commands[step - 1]] : nil }

    // MARK: Waiting

    package enum Waited: Sendable, Equatable {
        /// The place, among the operations asked for, of the one that was completed first.
        case completed(Int)
        /// The workflow is to be cancelled; said once.
        case cancelled
        /// Nothing has happened yet.
        case nothing
        /// No such operation was begun.
        case unknown(Int32)
        case difference(WorkflowDifference)
    }

    /// Waits for any of some operations.
    package mutating func wait(forAnyOf ops: [Int32]) -> Waited {
        let (first, place) = firstCompleted(of: ops)
        guard place != .max else { return .unknown(ops.first { $0 < 1 || $0 > begun } ?? 0) }
        if takeCancel(before: first) { return .cancelled }
        guard place >= 0 else {
            if nextCommand != nil { return .difference(difference(found: "waits for \(WorkflowMachine.list(ops))")) }
            return .nothing
        }
        let completion = operations[Int(ops[place]) - 1].completion
        passPatches(upTo: first)
        know(first, self[completion].at)
        tell(ops[place])
        return .completed(place)
    }

    /// The code has learned that an operation is completed.
    mutating func tell(_ op: Int32) { if operations[Int(op) - 1].kind == .receive { told.insert(op) } }

    /// Whether the code is to be told now that it is being cancelled: once, and before what came later.
    mutating func takeCancel(before sequence: Int64) -> Bool {
        guard !isCancelDelivered, let cancelRequest, self[cancelRequest].sequence < sequence else { return false }
        isCancelDelivered = true
        know(self[cancelRequest].sequence, self[cancelRequest].at)
        return true
    }

    /// The sequence of the first completion and its place, −1 where there is none; the place is `.max` where one of them wasn't begun.
    func firstCompleted(of ops: [Int32]) -> (sequence: Int64, place: Int) {
        let begun = UInt32(begun)
        return ops.withUnsafeBufferPointer { ops in
            completions.withUnsafeBufferPointer { completions in
                var first = Int64.max
                var place = -1
                for index in ops.indices {
                    let operation = UInt32(bitPattern: ops[index] &- 1)
                    guard operation < begun else { return (first, .max) }
                    let sequence = completions[Int(operation)]
                    if sequence < first {
                        first = sequence
                        place = index
                    }
                }
                return (first, place)
            }
        }
    }

    static func list(_ ops: [Int32]) -> String {
        guard !ops.isEmpty else { return "its cancellation" }
        let some = ops.prefix(5).map(String.init).joined(separator: ", ")
        return "operation \(some)" + (ops.count > 5 ? " and \(ops.count - 5) more" : "")
    }

    /// Whether the code may know that an operation is completed.
    package func isKnownComplete(_ op: Int32) -> Bool {
        guard op > 0, op <= begun else { return false }
        let sequence = operations[Int(op) - 1].completedAt
        return sequence != 0 && sequence <= horizon
    }

    /// How an operation ended, as far as the code may know, and knows from now on.
    package mutating func outcome(of op: Int32) -> WorkflowOutcome? {
        guard isKnownComplete(op) else { return nil }
        tell(op)
        return outcome(at: operations[Int(op) - 1].completion)
    }

    /// What the entry at `place` completed its operation with.
    package func outcome(at place: Int) -> WorkflowOutcome {
        switch self[place].kind {
        case .failed: .error(self[place].result ?? WorkflowMachine.empty)
        case .cancel: .error(Array(MeshError.workflowCancelled(at: self[place].at).json.utf8))
        case .signal: .result(self[place].request ?? WorkflowMachine.empty)
        default: .result(self[place].result ?? WorkflowMachine.empty)
        }
    }

    /// The answer of `Void`.
    static let empty = Array("{}".utf8)

    // MARK: The rest

    /// Whether the code goes the new way at the change `name`: decided at the first time in a run; nil where that is to be recorded.
    package mutating func isPatched(_ name: String) -> Bool? {
        if let known = patches[name] { return known }
        guard isReplaying else { return nil }
        let next = commands[step...].prefix { self[$0].kind == .patch }
        // Absent in the journal: this part ran before the change.
        patches[name] = false
        if let place = next.first(where: { self[$0].name == name }) { passPatches(upTo: self[place].sequence + 1) }
        return patches[name]
    }

    /// A configuration value that the code has asked for before in this run; nil where it hasn't.
    package func knownConfiguration(_ name: String) -> String?? { configuration[name] }

    /// The value that the code was given.
    package mutating func setConfiguration(_ name: String, _ value: String?) { configuration[name] = .some(value) }

    /// Why it is being cancelled, once the code was told so; empty where nobody said.
    package var cancelReason: String? {
        guard isCancelDelivered, let cancelRequest else { return nil }
        guard let reason = self[cancelRequest].request else { return "" }
        return JSONMembers(Array("{\"reason\":".utf8) + reason + Array("}".utf8))?.string("reason") ?? ""
    }

    /// A change that was new is recorded now.
    package mutating func setPatched(_ name: String) { patches[name] = true }

    /// The code has ended: a difference where the journal goes on.
    package func endDifference(_ end: String) -> WorkflowDifference? {
        nextCommand == nil ? nil : difference(found: end)
    }
}

extension MeshError {
    /// What an operation that was given up ends with.
    static func workflowCancelled(_ reason: String = "it was given up", at time: Timestamp) -> MeshError {
        MeshError(
            .failedPrecondition, reason, timestamp: time, applicationCode: WorkflowErrorCode.cancelled)
    }
}
