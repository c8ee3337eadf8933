/// Steps that are taken back when a later one fails: made by `mesh.saga`.
public final class Saga {
    private struct Undo {
        let label: String
        let run: (MeshHost) throws(MeshError) -> Void
    }

    private let host: MeshHost
    private var undos: [Undo] = []

    init(host: MeshHost) { self.host = host }

    /// Makes a call; `compensate` takes it back when a later step fails or the workflow is cancelled.
    ///
    /// It is taken back too where nobody knows whether it took place: time was over, or it was given up while it ran. A child workflow is
    /// asked to end then. Where it was given up it has ended before anything is taken back; after its `timeout` it isn't waited for,
    /// so let the child watch the time itself.
    @discardableResult
    public func step<Answer, Ignored>(
        _ label: String, do call: Call<Answer>, compensate: Call<Ignored>, retries: Int? = nil, timeout: Duration? = nil
    ) throws(MeshError) -> Answer {
        let pending = try begin(label, call, retries, timeout)
        do throws(MeshError) {
            let answer = try pending.value()
            register(label, compensate)
            return answer
        } catch {
            // One that took place and whose answer can't be read, too.
            if error.hasUnknownOutcome || pending.isAnswered { register(label, compensate) }
            if !pending.isDone { try host.close([pending.number]) }
            throw error
        }
    }

    /// Makes a call whose answer says how it is taken back.
    ///
    /// Cancelled while it runs, the workflow waits for that answer before it takes anything back. Where time was over there is none: a step that may
    /// take place later than its `timeout` needs the form whose compensation is a call.
    @discardableResult
    public func step<Answer, Ignored>(
        _ label: String, do call: Call<Answer>, retries: Int? = nil, timeout: Duration? = nil,
        compensate: (Answer) -> Call<Ignored>
    ) throws(MeshError) -> Answer {
        let pending = try begin(label, call, retries, timeout)
        do throws(MeshError) {
            let answer = try pending.value()
            register(label, compensate(answer))
            return answer
        } catch {
            // A local step is done as soon as it is begun: its wait may tell of the workflow's cancellation all the same.
            if !pending.isDone || error.isCancelled, let answer = late(pending) {
                register(label, compensate(answer))
            }
            throw error
        }
    }

    /// The answer of a call that went on, or was done, when its workflow was cancelled; nil where it took no effect.
    private func late<Answer>(_ pending: Pending<Answer>) -> Answer? {
        do throws(MeshError) { return try pending.value() } catch { return nil }
    }

    /// Makes a call that needs no taking back.
    @discardableResult
    public func step<Answer>(
        _ label: String, do call: Call<Answer>, retries: Int? = nil, timeout: Duration? = nil
    ) throws(MeshError) -> Answer {
        try begin(label, call, retries, timeout).value()
    }

    /// Registers a compensation for something that was done without a step.
    public func onFailure<Ignored>(_ label: String, _ compensate: Call<Ignored>) { register(label, compensate) }

    private func begin<Answer>(
        _ label: String, _ call: Call<Answer>, _ retries: Int?, _ timeout: Duration?
    ) throws(MeshError) -> Pending<Answer> {
        try host.start(call, CallOptions(retries: retries, timeout: timeout, label: label))
    }

    private func register<Ignored>(_ label: String, _ call: Call<Ignored>) {
        undos.append(
            Undo(label: label) { host throws(MeshError) in
                var options = CallOptions(
                    retries: 100, backoff: .exponential, delay: .seconds(1), maximumDelay: .minutes(5), label: label)
                options.isCompensation = true
                // What the call itself says counts more.
                let pending = try host.start(call.with(options.overridden(by: call.options))).any
                do throws(MeshError) {
                    try pending.value()
                } catch {
                    // That the workflow is to be cancelled is said once, here while it takes back: that goes on.
                    if pending.isDone, !error.isCancelled { throw error }
                    try pending.value()
                }
            })
    }

    /// Takes back what was done, the last first. One that fails for good doesn't keep the others from being tried.
    func compensate(_ cause: MeshError) throws(MeshError) {
        var failures: [JSONValue] = []
        while let undo = undos.popLast() {
            do throws(MeshError) {
                try undo.run(host)
            } catch {
                failures.append([
                    "step": .string(undo.label), "code": .string(error.code), "message": .string(error.message),
                ])
            }
        }
        if failures.isEmpty { return }
        throw MeshError(
            "COMPENSATION_FAILED", "not all steps could be taken back after: \(cause.message)",
            details: ["cause": .string(cause.code), "failures": .array(failures)])
    }
}

extension WorkflowContext {
    /// Runs steps that are taken back, the last first, when `body` throws; then throws on. Each compensation is a recorded call that is
    /// tried again; where one fails for good, the error is `COMPENSATION_FAILED` and its details name cause and steps.
    ///
    ///     try mesh.saga { saga throws(MeshError) in
    ///         let hold = try saga.step("reserve", do: Stock.reserve(sku: sku)) { Stock.release(hold: $0.id) }
    ///         try saga.step("pay", do: Payments.capture(order: id), compensate: Payments.refund(order: id))
    ///     }
    public func saga<Result>(_ body: (Saga) throws(MeshError) -> Result) throws(MeshError) -> Result {
        let saga = Saga(host: host)
        do throws(MeshError) {
            let result = try body(saga)
            // The run fails at its end, whatever the code does: nobody would take the steps back then.
            if let refusal = host.refusal { throw refusal }
            return result
        } catch {
            // A run that continues as a new one hasn't failed, unless something was refused.
            if !host.workflow.isContinued || host.refusal != nil { try saga.compensate(error) }
            throw error
        }
    }
}
