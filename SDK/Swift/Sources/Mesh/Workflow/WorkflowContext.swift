/// What a workflow can do; each service with `@workflow` methods has its own, generated: `OrdersWorkflow`.
///
/// The code is run again from its start whenever something that it waits for has happened, and finds what it had got before. So it
/// asks for the same things in the same order each time: time comes from `now`, random numbers from `random`, everything
/// else from calls.
public protocol WorkflowContext: MeshFacts {}

extension WorkflowContext {
    /// Calls a method and waits for its answer. A handler of the workflow's own service (for its own key) is a local step: it runs at
    /// once, in the workflow's transaction. A `@workflow` is a child workflow; its key is its id.
    ///
    /// - Parameters:
    ///   - retries: attempts after the first, where the answer is a retryable error.
    ///   - timeout: for all attempts; then it throws `DEADLINE_EXCEEDED`.
    @discardableResult
    public func call<Answer>(
        _ call: Call<Answer>, key: String? = nil, retries: Int? = nil, backoff: CallOptions.Backoff? = nil,
        timeout: Duration? = nil, label: String? = nil
    ) throws(MeshError) -> Answer {
        let options = CallOptions(retries: retries, backoff: backoff, timeout: timeout, label: label)
        return try host.start(call, key: key, options).value()
    }

    /// Begins a call without waiting for its answer.
    ///
    /// - Parameter parentClose: what becomes of a child workflow that is open when this one ends; `.cancel` unless told.
    public func start<Answer>(
        _ call: Call<Answer>, key: String? = nil, retries: Int? = nil, backoff: CallOptions.Backoff? = nil,
        timeout: Duration? = nil, label: String? = nil, parentClose: CallOptions.ParentClose? = nil
    ) throws(MeshError) -> Pending<Answer> {
        let options = CallOptions(
            retries: retries, backoff: backoff, timeout: timeout, label: label, parentClose: parentClose)
        return try host.start(call, key: key, options)
    }

    /// Starts a child workflow, or makes a call, that goes its own way: nobody waits for it, and it outlives this one.
    public func detach<Answer>(_ call: Call<Answer>, key: String? = nil, label: String? = nil) throws(MeshError) {
        let options = CallOptions(label: label, parentClose: .abandon, isDetached: true)
        try host.start(call, key: key, options).any.value()
    }
}

extension MeshHost {
    func start<Answer>(
        _ call: Call<Answer>, key: String? = nil, _ options: CallOptions = CallOptions()
    ) throws(MeshError) -> Pending<Answer> {
        let number = try begin(
            .call, call.target, key: key ?? call.key, call.data, call.options.overridden(by: options))
        return Pending(host: self, number: number, read: call.read)
    }
}

// MARK: - Time
extension WorkflowContext {
    /// Waits; a worker that restarts meanwhile is no event.
    public func sleep(for duration: Duration) throws(MeshError) {
        _ = try host.wait(for: [try host.beginTimer(duration)])
    }

    /// Waits until then; not at all where that has passed.
    public func sleep(until instant: DateTime) throws(MeshError) {
        // `now` may be behind the time at which the timer begins.
        _ = try host.wait(for: [try host.beginTimer(instant - now, until: instant)])
    }

    /// A timer that runs while the workflow does something else.
    public func timer(after duration: Duration) throws(MeshError) -> Pending<Void> {
        Pending(host: host, number: try host.beginTimer(duration)) { _ throws(MeshError) in () }
    }
}

// MARK: - The run
extension WorkflowContext {
    /// Which run of this workflow this is, from 1; `continueAsNew` begins the next one.
    public var run: Int { host.text(.run).flatMap { Int($0) } ?? 1 }

    /// Why the workflow is being cancelled; nil while it isn't.
    public var cancelReason: String? { host.text(.cancelReason) }

    /// True in workflows that come here after the change was deployed; false where it was passed before, so that old
    /// runs go the way they went: `if mesh.patched("two-stage-payment") { … } else { … }`.
    public func patched(_ change: String) -> Bool { host.workflowPatch(change) == 1 }

    /// Ends this run, and begins the next one of the same workflow with another input and an empty journal:
    /// `try mesh.continueAsNew(Counter.count(from: next))`.
    public func continueAsNew<Answer>(_ call: Call<Answer>) throws(MeshError) -> Never {
        guard call.target == type else {
            throw .invalidRequest("a run of \(type) can't continue as \(call.target); start that as a child workflow")
        }
        let result = host.workflowContinue(call.data)
        guard result >= 0 else { throw .refused(result, host.lastError()) }
        host.workflow.isContinued = true
        throw .continued
    }

    /// Sends a call without waiting for anything; recorded, and published once.
    public func send<Answer>(_ call: Call<Answer>, key: String? = nil) {
        host.send(call.target, key: key ?? call.key, call.data)
    }

    /// Sends a call that is delivered so long after `now`, within 100 years, whether the workflow still runs then or not; at once
    /// where that is nothing or less.
    public func send<Answer>(_ call: Call<Answer>, key: String? = nil, after delay: Duration) {
        host.send(call.target, key: key ?? call.key, call.data, after: delay.microseconds)
    }

    /// Sends a call that is delivered then, within 100 years, whether the workflow still runs or not; at once where that has passed.
    public func send<Answer>(_ call: Call<Answer>, key: String? = nil, at instant: DateTime) {
        send(call, key: key, after: instant - now)
    }
}
