import MeshCore
import Outbox

// An ended workflow that is begun anew.

extension ActivationDraft {
    /// Throws where there is no such end.
    func checkEnded(with run: Int32) throws(MeshError) {
        guard !row.status.isOpen else {
            throw MeshError(
                .failedPrecondition,
                "the workflow \(id) is \(row.status.rawValue); only one that has ended can be restarted")
        }
        guard row.run == run else {
            throw MeshError(
                .failedPrecondition,
                "the workflow \(id) was restarted already after its run \(run): it has ended again, with run \(row.run)"
            )
        }
    }

    /// Begins a life of its own: the arguments are those of the last one or others, answers and signals of before are none of its.
    mutating func restart(with input: [UInt8], by order: Message) {
        facts.restart(by: order)
        facts.life = StartFacts.life(of: order)
        facts.resets = []
        facts.codeRun = nil
        operationsKept = 0
        reopen()
        beginRun(input: input, at: now)
        startSoon()
    }

    /// Goes on behind an entry of its last run: what was done up to there isn't done again.
    mutating func restart(from sequence: Int64, by order: Message) throws(MeshError) {
        let kept = try operations(upTo: sequence)
        facts.restart(by: order)
        // Those that are still open are lost below, or have a time at which they end.
        operationsKept = 0
        reopen()
        beginAgain(upTo: sequence, operations: kept, isAwaited: false)
        for op in machine.operations.indices.map({ Int32($0 + 1) }) {
            // Nobody took an answer that came after the end.
            if machine.operation(op)?.kind == .call {
                loseAnswer(of: op, "its answer wasn't there yet when the workflow ended")
            }
            for timer in openTimers(of: op) { add(timer) }
        }
        startSoon()
    }

    /// It is open again, and whoever was its parent has had its answer.
    private mutating func reopen() {
        row.endedAt = nil
        row.result = nil
        row.parent = nil
    }
}
