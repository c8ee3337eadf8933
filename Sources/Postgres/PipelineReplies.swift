/// The replies that one pipeline is due, in order: for each statement it prepares a reply and a sync, then one reply per step, then a sync.
///
/// A pure state machine: the connection feeds it what arrives, it says when the pipeline is over and how.
struct PipelineReplies<Success> {
    enum Reply {
        case success(Success)
        case failure(PostgresError)
        /// The server skipped the statement because an earlier one failed.
        case skipped
        case sync
    }

    enum Action: Equatable {
        case wait
        /// The statement with this place among the prepared ones was refused, or skipped.
        case preparationFailed(Int)
        case finished
        /// The replies don't fit what was sent: the connection can't be used any more.
        case outOfStep
    }

    private enum Expected {
        case preparation(Int)
        case preparationSync
        case step(Int)
        case finalSync
    }

    private let steps: [Pipeline.Step]
    /// The names of the statements that are prepared ahead.
    private let preparations: [String]
    private var position = 0
    private(set) var results: [Success] = []
    private(set) var error: PostgresError?

    init(steps: [Pipeline.Step], preparations: [String]) {
        self.steps = steps
        self.preparations = preparations
        results.reserveCapacity(steps.count)
    }

    private var expected: Expected {
        if position < 2 * preparations.count {
            return position % 2 == 0 ? .preparation(position / 2) : .preparationSync
        }
        let step = position - 2 * preparations.count
        return step < steps.count ? .step(step) : .finalSync
    }

    mutating func receive(_ reply: Reply) -> Action {
        switch expected {
        case .preparation(let index): receivePreparation(reply, index)
        case .preparationSync: receivePreparationSync(reply)
        case .step(let index): receiveStep(reply, index)
        case .finalSync: receiveFinalSync(reply)
        }
    }

    /// Takes a reply to a script, whose number of statements isn't known ahead.
    mutating func receiveInScript(_ reply: Reply) {
        switch reply {
        case .success(let result): results.append(result)
        case .failure(let refusal): if error == nil { error = refusal }
        case .skipped, .sync: break
        }
    }

    private mutating func receivePreparation(_ reply: Reply, _ index: Int) -> Action {
        switch reply {
        case .success:
            position += 1
            return .wait
        case .failure(let refusal):
            position += 1
            if error == nil {
                error = refusal
                error?.statement = preparations[index]
            }
            return .preparationFailed(index)
        case .skipped:
            position += 1
            return .preparationFailed(index)
        case .sync:
            return .outOfStep
        }
    }

    private mutating func receivePreparationSync(_ reply: Reply) -> Action {
        guard case .sync = reply else { return .outOfStep }
        position += 1
        return .wait
    }

    private mutating func receiveStep(_ reply: Reply, _ index: Int) -> Action {
        switch reply {
        case .success(let result): results.append(result)
        case .failure(let refusal): note(refusal, at: index)
        case .skipped: break
        case .sync: return .outOfStep
        }
        position += 1
        return .wait
    }

    private mutating func receiveFinalSync(_ reply: Reply) -> Action {
        switch reply {
        case .sync: return .finished
        case .failure(let refusal):
            if error == nil { error = refusal }
            return .wait
        case .success, .skipped: return .outOfStep
        }
    }

    /// Keeps the first failure; that of a preparation explains those of the steps which needed it.
    private mutating func note(_ refusal: PostgresError, at index: Int) {
        if var known = error {
            if known.statementIndex == nil, known.statement == steps[index].statement.name {
                known.statementIndex = index
                error = known
            }
            return
        }
        var refusal = refusal
        refusal.statement = steps[index].statement.name
        refusal.statementIndex = index
        error = refusal
    }
}
