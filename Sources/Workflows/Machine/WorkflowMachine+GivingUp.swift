import Outbox

// Giving operations up. A signal that a `receive` has got isn't lost with it where the code was never told: its sender was.

extension WorkflowMachine {
    /// What there is to be recorded when the code gives an operation up.
    package enum GivingUp: Sendable, Equatable {
        /// Nothing: the code knows that it is over.
        case over
        case cancel
        /// A `receive` that has got a signal of which the code doesn't know. The signal goes to the next receive, whose own goes to the next, and
        /// so on: `to` are those, all unknown to the code as well.
        case giveBack(to: [Int32])
    }

    package func givingUp(_ op: Int32) -> GivingUp {
        guard let name = nameOfUntoldSignal(of: op) else { return isKnownComplete(op) ? .over : .cancel }
        if isReplaying, isKnownComplete(op) {
            // Journals of versions that lost the signal haven't got the command.
            guard let next = nextCommand, self[next].kind == .cancel, self[next].op == op else { return .over }
        }
        let signal = operations[Int(op) - 1].completion
        let later = (1...Int32(operations.count)).filter { other in
            operations[Int(other) - 1].completion > signal && nameOfUntoldSignal(of: other) == name
        }
        return .giveBack(to: later.sorted { operations[Int($0) - 1].completion < operations[Int($1) - 1].completion })
    }

    /// The places of signals that the code wasn't told of, whether a `receive` has got them or not; in order.
    package var untoldSignals: [Int] {
        let received = operations.indices.filter { nameOfUntoldSignal(of: Int32($0 + 1)) != nil }
            .map { operations[$0].completion }
        return (earlySignals + received).sorted()
    }

    /// The name of the signal that a `receive` has got without the code's knowing; nil for everything else.
    private func nameOfUntoldSignal(of op: Int32) -> String? {
        guard let state = operation(op), isReceived(state), !told.contains(op) else { return nil }
        return self[state.command].name
    }

    /// The place of the signal that a `receive` has got; nil where it has none, or is no `receive`.
    func signal(of op: Int32) -> Int? {
        operation(op).flatMap { isReceived($0) ? $0.completion : nil }
    }

    private func isReceived(_ state: OperationState) -> Bool {
        state.kind == .receive && !state.isOpen && self[state.completion].kind == .signal
    }

    /// Takes the signal from a `receive` that was given up, and lets it and those behind it move on.
    mutating func giveBack(_ op: Int32, to receivers: [Int32], _ sequence: Int64, _ place: Int) -> Int32? {
        guard let state = operation(op), isReceived(state) else { return nil }
        let others = receivers.filter { operation($0).map(isReceived) ?? false }
        let signals = [state.completion] + others.map { operations[Int($0) - 1].completion }
        complete(op, anewAt: sequence, place)
        // The code learns of them after the command, whenever they came: what it did before was decided without them.
        for (receiver, signal) in zip(others, signals) { complete(receiver, anewAt: sequence, signal) }
        if let last = signals.last { redeliver(self[state.command].name ?? "", last, sequence) }
        return op
    }

    private mutating func complete(_ op: Int32, anewAt sequence: Int64, _ place: Int) {
        let index = Int(op) - 1
        operations[index].completedAt = sequence
        operations[index].completion = place
        completions[index] = sequence
        guard index < groupOf.count, groupOf[index] > 0 else { return }
        groups[Int(groupOf[index]) - 1].complete(op, anewAt: sequence)
    }
}
