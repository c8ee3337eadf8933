import MeshCore
import Outbox
import Schemas
import Wasm
import Workflows

extension ServiceCatalog {
    /// Runs a key run on the calling thread, execution by execution, with the states carried along.
    func run(_ run: KeyRun) -> KeyRunResult {
        // As the executions before leave them.
        var states = run.states
        var results: [ExecutionResult] = []
        var next = 0
        /// Up to here the members of a batch run one by one.
        var aloneUntil = 0
        while next < run.executions.count {
            if run.executions[next].handler.kind.needsContents {
                let new = process(from: next, in: run.executions, &states)
                next += new.reduce(0) { $0 + $1.executions.count }
                results += new
                if let last = new.last, case .failed(let failure) = last.outcome,
                    last.executions.contains(where: { $0.isRetried(after: failure) })
                {
                    return KeyRunResult(
                        id: run.id, orderKey: run.orderKey, results: results,
                        remaining: Array(run.executions[next...]), states: run.states)
                }
                continue
            }
            let group = group(from: next, in: run.executions, alone: next < aloneUntil)
            var runTime: Int64?
            let outcome = outcome(of: group, state: states.data(of: group[0].stateKey), &runTime)
            if group.count > 1, case .failed(let failure) = outcome, !group[0].isRetried(after: failure) {
                // Whichever of them it is that can't be handled mustn't take the others with it (I6).
                aloneUntil = next + group.count
                continue
            }
            next += group.count
            results.append(ExecutionResult(executions: group, outcome: outcome, runTime: runTime))
            switch outcome {
            case .done(_, let change, _): if next < run.executions.count { states[group[0].stateKey]?.take(change) }
            case .activated, .scheduled: break
            case .failed(let failure):
                // Later messages of the key wait until this one has been tried again.
                if group.contains(where: { $0.isRetried(after: failure) }) {
                    return KeyRunResult(
                        id: run.id, orderKey: run.orderKey, results: results,
                        remaining: Array(run.executions[next...]), states: run.states)
                }
            }
        }
        return KeyRunResult(id: run.id, orderKey: run.orderKey, results: results, remaining: [], states: run.states)
    }

    /// One execution, or as many of a batch handler's as it takes at a time. Alone is what was parked, so that one bad message doesn't fail its
    /// neighbours again, and what doesn't fit the schema.
    private func group(from start: Int, in executions: [Execution], alone: Bool) -> [Execution] {
        let first = executions[start]
        guard first.handler.batch != nil, !first.isParked, !alone else { return [first] }
        let method = services[first.handler.service]?.method(of: first)
        guard let batch = method?.handler.batch else { return [first] }
        let shape = method?.input
        var bytes = 0
        var group: [Execution] = []
        for execution in executions[start...] {
            bytes += execution.message.data.count
            let fits = group.count < batch.maximumItems && (group.isEmpty || bytes <= batch.maximumBytes)
            guard fits, execution.handler == first.handler, execution.stateKey == first.stateKey else { break }
            guard (try? shape?.validate(execution.message.data)) != nil else { break }
            group.append(execution)
        }
        return group.isEmpty ? [first] : group
    }

    /// What has it parked, and so made anew, where its method has become a workflow's input, a query or neither since.
    func changedKind(of execution: Execution, to method: MethodBinding) -> Failure? {
        guard method.handler.kind != execution.handler.kind else { return nil }
        let error = MeshError(
            .failedPrecondition, "\(method.schema.qualifiedName) was deployed as another kind of method meanwhile",
            retryable: true)
        return Failure(kind: .early, error: error)
    }

    private func outcome(of group: [Execution], state: [UInt8]?, _ runTime: inout Int64?) -> ExecutionResult.Outcome {
        let execution = group[0]
        if let problem = execution.problem {
            return .failed(Failure(kind: .badInput, error: MeshError(.invalidRequest, problem)))
        }
        guard let service = services[execution.handler.service] else {
            let error = MeshError(.notFound, "\(execution.handler.service) isn't deployed any more")
            return .failed(misfit(execution, error))
        }
        if execution.handler.kind == .state { return service.outcome(ofStateOrder: execution.message.data) }
        guard let method = service.method(of: execution) else {
            return .failed(misfit(execution, noMethod(execution.message.type, of: service)))
        }
        let span = span(of: group, version: service.digest)
        let outcome = outcome(of: group, method, service, span, state: state, &runTime)
        span?.end(outcome)
        return outcome
    }

    private func outcome(
        of group: [Execution], _ method: MethodBinding, _ service: ServiceBinding, _ span: OpenSpan?, state: [UInt8]?,
        _ runTime: inout Int64?
    ) -> ExecutionResult.Outcome {
        let execution = group[0]
        if let failure = changedKind(of: execution, to: method) { return .failed(failure) }
        if let deadline = execution.message.extensions.deadline, deadline < .now {
            let error = MeshError(
                .deadlineExceeded, "the caller's deadline passed before the call could start", retryable: true)
            return .failed(Failure(kind: .expired, error: error, digest: service.digest))
        }
        // The others of a group were looked at when they joined it.
        do throws(ValueError) {
            try method.input.validate(execution.message.data)
        } catch {
            return .failed(
                misfit(execution, MeshError(.invalidRequest, error.description), digest: service.digest))
        }
        let data = method.handler.batch == nil ? execution.message.data : Self.array(of: group)
        let traceparent = span?.traceparent ?? execution.message.extensions.traceparent
        let began = ContinuousClock.now
        let run = sandbox(execution, data: data, method, service, traceparent: traceparent, state: state)
        runTime = began.nanosecondsUntilNow
        log(run, execution)
        let outcome = HandlerOutcome(
            service: service, method: method, execution: execution, traceparent: traceparent
        ).outcome(of: run)
        if case .failed(let failure) = outcome { log(failure, execution) }
        return outcome
    }

    /// What is about a workflow or a schedule: at least the execution at `start` is covered by the results.
    private func process(
        from start: Int, in executions: [Execution], _ states: inout RunStates
    ) -> [ExecutionResult] {
        let execution = executions[start]
        let key = execution.stateKey
        let known = states[key]?.contents ?? KeyContents.none
        guard execution.handler.kind.isWorkflowInput else {
            let effects = schedule(execution, known.schedule)
            if let row = effects.row {
                states[key]?.contents = KeyContents(
                    workflow: known.workflow, schedule: LoadedSchedule(row: row, isOpen: effects.isOpen))
            }
            return [ExecutionResult(executions: [execution], outcome: .scheduled(effects))]
        }
        let began = ContinuousClock.now
        var results = activate(
            Self.inputs(from: start, in: executions), record: known.workflow, state: states.data(of: key))
        if case .activated(let activation, _)? = results.first?.outcome, activation.replayedEntries != nil {
            results[0].runTime = began.nanosecondsUntilNow
        }
        for case .activated(let activation, let record) in results.map(\.outcome) {
            states[key]?.contents = KeyContents(workflow: record, schedule: known.schedule)
            states[key]?.take(activation.effects?.state ?? .unchanged)
        }
        return results
    }

    /// Runs one execution in a sandbox of its own.
    func sandbox(
        _ execution: Execution, data: [UInt8], _ method: MethodBinding, _ service: ServiceBinding,
        traceparent: String?, state: [UInt8]?
    ) -> GuestRun {
        let host = HandlerHost(service: service, catalog: self, isReadOnly: method.handler.kind == .query)
        return service.code.run(
            request(for: execution, data: data, method, service, traceparent: traceparent, state: state), host: host,
            workflow: nil)
    }

    private func request(
        for execution: Execution, data: [UInt8], _ method: MethodBinding, _ service: ServiceBinding,
        traceparent: String?, state: [UInt8]?
    ) -> GuestRequest {
        let message = execution.message
        return GuestRequest(
            method: method.guestName, data: data,
            facts: MessageFacts(
                id: message.id, key: execution.stateKey.key, type: message.type, source: message.source,
                caller: message.extensions.caller, principal: message.extensions.principal?.text,
                traceparent: traceparent,
                attempt: execution.attempt, deadline: message.extensions.deadline, service: execution.handler.service),
            now: execution.firstRunAt, randomSecret: randomSecret, hasState: service.state != nil, state: state,
            limits: method.limits)
    }

    /// A batch handler's data: a JSON array of the events.
    private static func array(of group: [Execution]) -> [UInt8] {
        var data: [UInt8] = [UInt8(ascii: "[")]
        for (index, execution) in group.enumerated() {
            if index > 0 { data.append(UInt8(ascii: ",")) }
            data.append(contentsOf: execution.message.data)
        }
        data.append(UInt8(ascii: "]"))
        return data
    }

    private func log(_ run: GuestRun, _ execution: Execution) {
        guard run.firstRefusal != nil || !run.logs.isEmpty || run.droppedLogBytes > 0 else { return }
        let (id, trace) = (execution.message.id, execution.message.extensions.traceID ?? "")
        let fields: KeyValuePairs = ["messageId": id, "trace": trace]
        if let reason = run.firstRefusal {
            Log("worker").warning(
                "\(execution.handler.service)/\(execution.handler.method) was refused \(run.refusals == 1 ? "a host call" : "\(run.refusals) host calls, the first"): \(reason)",
                ["messageId": id, "key": execution.stateKey.key, "trace": trace])
        }
        let log = Log(execution.handler.service)
        for line in run.logs {
            switch line.level {
            case .debug: log.debug(line.text, fields)
            case .info: log.info(line.text, fields)
            case .warning: log.warning(line.text, fields)
            case .error: log.error(line.text, fields)
            }
        }
        if run.droppedLogBytes > 0 {
            log.warning(
                "the log of one execution is bounded; \(run.droppedLogBytes) bytes were dropped", fields)
        }
    }

    /// Names what a handler did that no handler should; an error that it gave as its answer is its callers' business.
    private func log(_ failure: Failure, _ execution: Execution) {
        guard failure.kind.isMisbehaviour else { return }
        Log("worker").error(
            "\(execution.handler.service)/\(execution.handler.method) failed: \(failure.error.message)",
            [
                "messageId": execution.message.id, "key": execution.stateKey.key, "kind": failure.kind.rawValue,
                "attempt": "\(execution.attempt)", "package": "\(failure.digest?.prefix(12) ?? "")",
                "trace": execution.message.extensions.traceID ?? "",
            ])
    }
}

extension ContinuousClock.Instant {
    fileprivate var nanosecondsUntilNow: Int64 {
        let (seconds, attoseconds) = (ContinuousClock.now - self).components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
