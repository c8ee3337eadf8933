import Outbox

// What each entry of the journal means for the operations, in the order of their sequence.

extension WorkflowMachine {
    /// Takes an entry into account; returns the operation that it completes.
    @discardableResult
    mutating func index(_ entry: borrowing JournalEntry, at place: Int) -> Int32? {
        let kind = entry.kind
        if kind.isCommand { commands.append(place) }
        switch kind {
        case .call:
            guard entry.op > 0 else { return nil }
            let isComplete = entry.result != nil
            begin(.call, place)
            return isComplete ? complete(entry.op, entry.sequence, place) : nil
        case .local:
            let isComplete = entry.result != nil
            begin(.local, place)
            return isComplete ? complete(entry.op, entry.sequence, place) : nil
        case .timer:
            guard entry.op > 0 else { return nil }
            begin(.timer, place)
            return nil
        case .receive:
            guard entry.op > 0 else { return nil }
            begin(.receive, place)
            return receive(entry.op, entry.name ?? "")
        case .emit, .send, .read, .write, .patch, .config: return nil
        case .closed:
            if let name = entry.name { closedSignals.insert(name) }
            return nil
        case .reply:
            if CommandDetails.refusal(entry.details) == nil, let signal = signal(of: entry.op) {
                asking.remove(signal)
            }
            return nil
        case .cancel:
            if let receivers = CommandDetails.returned(entry.details) {
                return giveBack(entry.op, to: receivers, entry.sequence, place)
            }
            return giveUp(entry.op, entry.sequence, place)
        case .started: return nil
        case .joined:
            joined.append(place)
            return nil
        case .answered, .failed: return complete(entry.op, entry.sequence, place)
        case .fired: return fire(entry.op, entry.attempt, entry.sequence, place)
        case .retried:
            retry(entry)
            return nil
        case .signal:
            if entry.details != nil { asking.insert(place) }
            return deliver(entry.name ?? "", place)
        case .cancelRequested:
            if cancelRequest == nil { cancelRequest = place }
            return nil
        case .resumed, .upgraded, .continued, .completed, .threw, .cancelled, .terminated: return nil
        }
    }

    private mutating func begin(_ kind: OperationState.Kind, _ place: Int) {
        operations.append(OperationState(kind, command: place))
        completions.append(.max)
        openOperationCount += 1
    }

    private mutating func complete(_ op: Int32, _ sequence: Int64, _ place: Int) -> Int32? {
        let index = Int(op) - 1
        // The first completion counts.
        guard operations.indices.contains(index), operations[index].isOpen else { return nil }
        operations[index].completedAt = sequence
        completions[index] = sequence
        operations[index].completion = place
        operations[index].retryDue = nil
        openOperationCount -= 1
        completeInGroup(op, sequence)
        return op
    }

    private mutating func fire(_ op: Int32, _ attempt: Int32, _ sequence: Int64, _ place: Int) -> Int32? {
        let index = Int(op) - 1
        guard operations.indices.contains(index) else { return nil }
        if operations[index].kind == .timer { return complete(op, sequence, place) }
        // Another attempt of a call began.
        operations[index].attempt = attempt
        operations[index].retryDue = nil
        return nil
    }

    private mutating func retry(_ entry: borrowing JournalEntry) {
        let index = Int(entry.op) - 1
        guard operations.indices.contains(index) else { return }
        operations[index].attempt = entry.attempt
        operations[index].retryDue = entry.due
    }

    private mutating func giveUp(_ op: Int32, _ sequence: Int64, _ place: Int) -> Int32? {
        let index = Int(op) - 1
        guard operations.indices.contains(index), operations[index].isOpen else { return nil }
        let state = operations[index]
        // A child that runs is completed by its own end.
        if state.kind == .call, state.retryDue == nil, CommandDetails.isChild(self[state.command].details) {
            operations[index].isCancelling = true
            return nil
        }
        return complete(op, sequence, place)
    }

    // MARK: Signals

    private mutating func receive(_ op: Int32, _ name: String) -> Int32? {
        closedSignals.remove(name)
        guard let signal = signals[name]?.takeEarly() else {
            signals[name, default: SignalBox()].add(receiver: op)
            return nil
        }
        earlySignalCount -= 1
        return complete(op, self[signal].sequence, signal)
    }

    /// A signal that was received, and given back.
    mutating func redeliver(_ name: String, _ place: Int, _ sequence: Int64) {
        while let op = signals[name]?.takeReceiver() {
            guard operations[Int(op) - 1].isOpen else { continue }
            _ = complete(op, sequence, place)
            return
        }
        signals[name, default: SignalBox()].keepInOrder(place)
        earlySignalCount += 1
    }

    private mutating func deliver(_ name: String, _ place: Int) -> Int32? {
        while let op = signals[name]?.takeReceiver() {
            if operations[Int(op) - 1].isOpen { return complete(op, self[place].sequence, place) }
        }
        signals[name, default: SignalBox()].keep(place)
        earlySignalCount += 1
        return nil
    }

    /// Whether the code has said that it takes no more of these, and waits for none either.
    package func isClosed(signal name: String) -> Bool {
        guard closedSignals.contains(name) else { return false }
        return !(signals[name]?.waiting.contains { operations[Int($0) - 1].isOpen } ?? false)
    }

    /// The places of signals that no `receive` has taken, in order.
    package var earlySignals: [Int] { signals.values.flatMap(\.earlySignals).sorted() }
}
