package import Outbox
import Wasm

/// Runs a journal against a package and changes nothing: for the deploy gate, `upgrade` and the debugger.
package enum WorkflowReplay {
    /// Runs the code on the journal up to where that ends, or the code does something else.
    ///
    /// `onStep` is told of each step on the calling thread, in the middle of the run; false ends the replay.
    package static func run(
        _ record: WorkflowRecord, code: some WorkflowCode, randomSecret: [UInt8],
        onStep: @escaping (ReplayStep) -> Bool = { _ in true }
    ) -> ReplayEnd {
        guard let method = code.workflow(record.row.method) else {
            return .failed("the package \(code.digest.prefix(12)) has no workflow \(record.row.method)")
        }
        guard let start = record.journal.first, let facts = StartFacts(json: start.details) else {
            return .failed("the journal of \(record.row.id) doesn't begin with the start of a run")
        }
        let session = ReplaySession(
            record,
            checkNext: {
                code.checkNext($0, after: start.request, of: record.row.id, method: record.row.method)
            }, onStep: onStep)
        var row = record.row
        row.run = start.run
        let request = GuestRequest.workflow(
            row, facts, input: start.request, at: start.at, method, code.hasState, randomSecret)
        let run = code.run(request, calls: session)
        if let end = session.end { return end }
        return ended(run.outcome, session)
    }

    /// Nil where the code does what the journal has, as far as that goes.
    package static func check(_ record: WorkflowRecord, code: some WorkflowCode, randomSecret: [UInt8])
        -> WorkflowDifference?
    {
        switch run(record, code: code, randomSecret: randomSecret) {
        case .agrees, .stopped: return nil
        case .difference(let difference): return difference
        case .failed(let reason):
            return WorkflowDifference(
                step: 0, sequence: 0, expected: "a package that runs the workflow", found: reason)
        }
    }

    private static func ended(_ outcome: GuestOutcome, _ session: ReplaySession) -> ReplayEnd {
        switch outcome {
        case .completed(let effects):
            if let input = session.nextInput { return compare("continues as new with", input, .continued, session) }
            return compare("returns", effects.reply ?? WorkflowMachine.empty, .completed, session)
        case .failed(let failure):
            let text = "throws \(failure.code): \(failure.message)"
            if let difference = session.machine.endDifference(text) { return .difference(difference) }
            guard let end = session.recordedEnd else { return .agrees(text) }
            let isSame = [.threw, .cancelled].contains(end.kind)
            return isSame ? .agrees(text) : .difference(session.machine.difference(from: end, found: text))
        case .trapped(let trap): return .failed("the code crashed: \(trap.message)")
        case .deadlineExceeded(let text), .memoryExceeded(let text), .badOutput(let text), .unavailable(let text):
            return .failed(text)
        case .suspended: return .agrees("waits")
        case .stopped(let text): return .failed(text)
        }
    }

    private static func compare(_ verb: String, _ data: [UInt8], _ kind: JournalEntry.Kind, _ session: ReplaySession)
        -> ReplayEnd
    {
        let text = CommandText.excerpt(data).map { "\(verb) \($0)" } ?? verb
        if let difference = session.machine.endDifference(text) { return .difference(difference) }
        guard let end = session.recordedEnd else { return .agrees(text) }
        let recorded = kind == .continued ? end.request : end.result
        if end.kind == kind, recorded == data { return .agrees(text) }
        return .difference(session.machine.difference(from: end, found: text))
    }
}
