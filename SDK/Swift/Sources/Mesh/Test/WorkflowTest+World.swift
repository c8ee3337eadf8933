#if !arch(wasm32)
    /// One run of a handler, without effect.
    struct HandlerRun {
        var reply = "{}"
        var state: String?
        var emitted: [TestMesh.Emitted] = []
        var sent: [TestMesh.Sent] = []
        var logged: [TestMesh.LogLine] = []
        var error: MeshError?
    }

    // MARK: - The mesh around the workflows
    extension WorkflowTest {
        func method(_ target: String) -> GuestMethod? { methods[target] }

        /// The key that the arguments give by the method's rule.
        func key(of method: GuestMethod, _ data: String) -> String? {
            guard let path = method.key, var value = try? JSONValue(jsonText: data) else { return nil }
            for name in path {
                guard let member = value[name] else { return nil }
                value = member
            }
            switch value {
            case .string(let text), .number(let text): return text
            case .bool(let value): return String(value)
            case .null, .array, .object: return nil
            }
        }

        func workflow(of target: String, _ id: String) -> TestWorkflow? {
            workflows[String(target.prefix { $0 != "/" }) + "/" + id]
        }

        /// The workflow with that id; of several services' the one that began first, unless `service` says which.
        func workflow(_ id: String, in service: String?) -> TestWorkflow? {
            workflows.values.filter { $0.id == id && $0.service == service ?? $0.service }
                .min { $0.place < $1.place }
        }

        func seed(_ id: String, _ run: Int) -> UInt64 {
            (id + "/\(run)").utf8.reduce(randomSeed) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
        }

        func after(_ delay: Duration, _ body: @escaping () -> Void) {
            queue.add(at: (now + delay).epochMicroseconds, body)
        }

        func isCrashing() -> Bool {
            operationCount += 1
            return crashes.contains(operationCount)
        }

        func runHandler(
            _ target: String, key: String, data: String, state: String?, attempt: Int, caller: String?,
            principal: Principal? = nil, isLocal: Bool = false
        ) -> HandlerRun {
            let service = String(target.prefix { $0 != "/" })
            let mesh = TestMesh(
                key: key, type: target, caller: caller, principal: principal, attempt: attempt, service: service,
                now: now, configuration: configuration)
            mesh.stateJSON = state
            var run = HandlerRun()
            do throws(MeshError) {
                try mesh.deliver(String(target.split(separator: ".").last ?? ""), data, handle)
                run.reply = mesh.replyJSON ?? "{}"
                run.state = mesh.stateJSON
                run.emitted = mesh.emitted
                run.sent = mesh.sent
            } catch {
                run.error = error.asCallersGetIt
            }
            if !isLocal { logged += mesh.logged } else { run.logged = mesh.logged }
            return run
        }

        func commit(_ run: HandlerRun, _ stateKey: String) {
            states[stateKey] = run.state
            emitted += run.emitted
            for call in run.sent { send(call) }
        }

        // MARK: Workflows

        func startWorkflow(
            _ method: GuestMethod, id: String, _ data: String, by principal: Principal? = nil,
            for starter: TestWorkflow.Waiter? = nil
        ) throws(MeshError) -> TestWorkflow {
            if let present = workflow(of: method.name, id) {
                if present.target == method.name, present.firstInput == data {
                    if starter != nil { try join(present) }
                    return present
                }
                throw .conflict("there is a workflow \(id) of \(present.target) already, with another input")
            }
            let name = String(method.name.drop { $0 != "/" }.dropFirst())
            let workflow = TestWorkflow(
                self, method.service, name, id: id, input: data, principal: principal, starter: starter)
            workflows[method.service + "/" + id] = workflow
            workflow.event(.started, nil, method.name, data)
            after(.zero) { workflow.activate() }
            return workflow
        }

        private func join(_ workflow: TestWorkflow) throws(MeshError) {
            guard workflow.status == .running else { return }
            guard workflow.joinedCount < WorkflowLimits.callers else {
                throw MeshError(
                    "RESOURCE_EXHAUSTED", "\(workflow.joinedCount) callers wait for \(workflow.name) already",
                    isRetryable: true)
            }
            workflow.joinedCount += 1
        }

        /// - Parameter sender: told when the signal is stored, or, where it has a result, what the workflow's code answers.
        func deliverSignal(
            _ target: String, key: String?, _ data: String, from sender: SignalSender? = nil
        ) throws(MeshError) {
            guard let method = method(target), method.role == .signal else {
                throw .invalidRequest("\(target) is no signal of this module")
            }
            let id = key ?? self.key(of: method, data) ?? ""
            guard let workflow = workflow(of: target, id) else {
                throw MeshError("INSTANCE_NOT_FOUND", "there is no workflow \(id) of \(method.service)")
            }
            guard workflow.status == .running else { throw .failedPrecondition("the workflow \(id) has ended") }
            let name = String(target.drop { $0 != "/" }.dropFirst())
            guard !workflow.isClosed(signal: name) else {
                throw .failedPrecondition("the workflow \(id) takes no more `\(name)`: it has closed the channel")
            }
            guard workflow.earlySignalCount < WorkflowLimits.earlySignals else {
                throw MeshError(
                    "RESOURCE_EXHAUSTED",
                    "\(workflow.earlySignalCount) signals wait for the workflow \(workflow.name) to receive them; that is the limit",
                    isRetryable: true)
            }
            if method.isAnswered, sender != nil { try workflow.requireRoomForSender() }
            workflow.event(.signal, nil, name, data)
            if method.isAnswered { workflow.senders[workflow.lastSequence] = sender }
            wake(workflow)
            if !method.isAnswered { sender?(.success("{}")) }
        }

        func cancel(_ workflow: TestWorkflow, _ reason: String) {
            guard workflow.status == .running else { return }
            workflow.event(.cancelRequested, nil, reason)
            wake(workflow)
        }

        func answer(_ waiter: TestWorkflow.Waiter, _ status: TestWorkflow.Status) {
            switch status {
            case .completed(let reply): complete(waiter.workflow, waiter.run, waiter.operation, reply, nil)
            case .failed(let error): complete(waiter.workflow, waiter.run, waiter.operation, "", error)
            case .running, .stuck: break
            }
        }

        private func complete(
            _ workflow: TestWorkflow, _ run: Int, _ operation: Int32, _ outcome: Result<String, MeshError>
        ) {
            switch outcome {
            case .success(let reply): complete(workflow, run, operation, reply, nil)
            case .failure(let error): complete(workflow, run, operation, "", error)
            }
        }

        /// Writes the outcome of an operation, unless it is completed, and runs the code.
        func complete(_ workflow: TestWorkflow, _ run: Int, _ operation: Int32, _ reply: String, _ error: MeshError?) {
            guard workflow.status == .running, workflow.run == run, workflow.open.contains(operation),
                let command = workflow.command(operation)
            else { return }
            if let error, command.kind == .call, workflow.retries(of: command, after: error) > 0 {
                workflow.event(.retried, operation, command.name, error: error)
                let attempt = workflow.attempts(of: operation) + 1
                after(max(backoff(command, attempt), error.wait)) { self.attempt(command, of: workflow, run, attempt) }
                return
            }
            workflow.event(error == nil ? .answered : .failed, operation, command.name, reply, error: error)
            wake(workflow)
        }

        /// Runs the code soon: answers that come at the same moment share one activation.
        private func wake(_ workflow: TestWorkflow) {
            if workflow.isWoken { return }
            workflow.isWoken = true
            after(.zero) {
                workflow.isWoken = false
                workflow.activate()
            }
        }

        // MARK: Calls

        /// Delivers a call for whose answer nobody waits, once its time has come.
        func send(_ call: TestMesh.Sent) {
            guard call.after > .zero else { return deliver(call) }
            after(call.after) { self.deliver(call) }
        }

        private func deliver(_ call: TestMesh.Sent) {
            let (target, key, data) = (call.target, call.key, call.json)
            guard let method = method(target), !isScripted(target) else {
                if let script = takeScript(target) {
                    _ = try? script.answer(testCall(target, key, data, 1))
                } else {
                    unanswered.append(call)
                }
                return
            }
            after(.zero) {
                do throws(MeshError) {
                    switch method.role {
                    case .workflow:
                        _ = try self.startWorkflow(
                            method, id: key ?? self.key(of: method, data) ?? "workflow-\(self.workflows.count + 1)",
                            data)
                    case .signal: try self.deliverSignal(target, key: key, data)
                    case .handler, .query:
                        self.runSent(method, key: key ?? self.key(of: method, data) ?? "call", data, 1)
                    }
                } catch {
                    self.log(error, of: target)
                }
            }
        }

        /// Runs a handler for which nobody waits; it is tried again as its `@durable` says.
        private func runSent(_ method: GuestMethod, key: String, _ data: String, _ attempt: Int) {
            let stateKey = method.service + "/" + key
            let run = runHandler(
                method.name, key: key, data: data, state: states[stateKey], attempt: attempt, caller: nil)
            guard let error = run.error else { return commit(run, stateKey) }
            guard error.isRetryable, attempt <= method.retries else { return log(error, of: method.name) }
            after(Duration.milliseconds(100) * (1 << min(attempt - 1, 20))) {
                self.runSent(method, key: key, data, attempt + 1)
            }
        }

        private func log(_ error: MeshError, of target: String) {
            logged.append(TestMesh.LogLine(level: .error, text: "\(target): \(error.code): \(error.message)"))
        }

        func dispatch(_ command: JournalEntry, of workflow: TestWorkflow) {
            let operation = command.operation ?? 0
            let run = workflow.run
            if command.option("detached")?.bool == true {
                let id = command.key ?? method(command.name).flatMap { key(of: $0, command.data) }
                send(
                    TestMesh.Sent(
                        target: command.name, key: id ?? "\(workflow.id)/\(run).\(operation)", json: command.data,
                        after: .zero))
                after(.zero) { self.complete(workflow, run, operation, "{}", nil) }
                return
            }
            limitTime(of: command, of: workflow)
            attempt(command, of: workflow, run, 1)
        }

        /// Ends a call or a local step when its time is over.
        func limitTime(of command: JournalEntry, of workflow: TestWorkflow) {
            guard let operation = command.operation, let deadline = command.option("deadline")?.double else { return }
            after(Duration(seconds: 0, nanoseconds: Int64(deadline) * 1000)) { [run = workflow.run] in
                guard workflow.status == .running, workflow.run == run, workflow.open.contains(operation) else {
                    return
                }
                // Nobody waits for a child's end any more.
                workflow.closeChild(operation, "the deadline of its caller passed")
                workflow.event(
                    .failed, operation, command.name,
                    error: MeshError("DEADLINE_EXCEEDED", "\(command.name) didn't answer in time"))
                self.wake(workflow)
            }
        }

        /// Whether nobody would begin with a call any more. A child workflow is begun whenever its call comes: it is asked to end then.
        private func isLate(_ command: JournalEntry) -> Bool {
            guard let deadline = command.option("deadline")?.double, method(command.name)?.role != .workflow else {
                return false
            }
            return command.at + Duration(seconds: 0, nanoseconds: Int64(deadline) * 1000) <= now
        }

        private func attempt(_ command: JournalEntry, of workflow: TestWorkflow, _ run: Int, _ attempt: Int) {
            let operation = command.operation ?? 0
            guard workflow.run == run, workflow.open.contains(operation), !isLate(command) else { return }
            let target = command.name
            if let script = takeScript(target) {
                var reply = ""
                var failure: MeshError?
                do throws(MeshError) {
                    reply = try script.answer(testCall(target, command.key, command.data, attempt))
                } catch {
                    failure = error
                }
                guard let delay = script.delay else { return }
                after(delay) { self.complete(workflow, run, operation, reply, failure) }
                return
            }
            guard let method = method(target) else {
                problem = MeshError(
                    "UNSCRIPTED",
                    "\(workflow.id) calls \(target), which this module hasn't; script it with test.answer(…)")
                return
            }
            do throws(MeshError) {
                let id = command.key ?? key(of: method, command.data) ?? "\(workflow.id)/\(run).\(operation)"
                switch method.role {
                case .workflow:
                    let waiter = TestWorkflow.Waiter(workflow: workflow, run: run, operation: operation)
                    let child = try startWorkflow(method, id: id, command.data, for: waiter)
                    workflow.children[operation] = child
                    if child.status == .running {
                        child.waiters.append(waiter)
                    } else {
                        after(.zero) { self.answer(waiter, child.status) }
                    }
                case .signal:
                    try deliverSignal(target, key: command.key, command.data) { outcome in
                        self.after(.zero) { self.complete(workflow, run, operation, outcome) }
                    }
                case .handler, .query: runCallee(method, key: id, command, of: workflow, run, 1)
                }
            } catch {
                after(.zero) { self.complete(workflow, run, operation, "", error) }
            }
        }

        /// Runs a handler of the module for a call of a workflow; it is tried again as its own `@durable` says, of which the caller sees nothing.
        private func runCallee(
            _ method: GuestMethod, key: String, _ command: JournalEntry, of workflow: TestWorkflow, _ run: Int,
            _ attempt: Int
        ) {
            if isLate(command) { return }
            let operation = command.operation ?? 0
            let stateKey = method.service + "/" + key
            let handled = runHandler(
                method.name, key: key, data: command.data, state: states[stateKey], attempt: attempt,
                caller: workflow.service)
            guard let error = handled.error else {
                commit(handled, stateKey)
                after(.zero) { self.complete(workflow, run, operation, handled.reply, nil) }
                return
            }
            guard error.isRetryable, attempt <= method.retries else {
                after(.zero) { self.complete(workflow, run, operation, "", error) }
                return
            }
            after(Duration.milliseconds(100) * (1 << min(attempt - 1, 20))) {
                self.runCallee(method, key: key, command, of: workflow, run, attempt + 1)
            }
        }

        /// Tries a local step again, which has failed and may be.
        func retryLocally(_ command: JournalEntry, of workflow: TestWorkflow) {
            let operation = command.operation ?? 0
            let run = workflow.run
            let attempt = workflow.attempts(of: operation) + 1
            after(backoff(command, attempt)) {
                guard workflow.status == .running, workflow.run == run, workflow.open.contains(operation) else {
                    return
                }
                let step = self.runHandler(
                    command.name, key: workflow.id, data: command.data, state: self.states[workflow.stateKey],
                    attempt: attempt, caller: workflow.service, principal: workflow.principal)
                guard let error = step.error else {
                    self.commit(step, workflow.stateKey)
                    workflow.event(.answered, operation, command.name, step.reply)
                    self.wake(workflow)
                    return
                }
                if workflow.retries(of: command, after: error) > 0 {
                    workflow.event(.retried, operation, command.name, error: error)
                    self.retryLocally(command, of: workflow)
                } else {
                    workflow.event(.failed, operation, command.name, error: error)
                    self.wake(workflow)
                }
            }
        }

        /// The wait before an attempt, from the second on.
        private func backoff(_ command: JournalEntry, _ attempt: Int) -> Duration {
            let first = command.option("delay")?.double ?? 100_000
            let most = command.option("maximumDelay")?.double ?? 60_000_000
            let microseconds: Double
            switch command.option("backoff")?.string {
            case "linear": microseconds = first * Double(attempt - 1)
            case "fixed": microseconds = first
            case "none": microseconds = 0
            default: microseconds = first * Double(1 << min(attempt - 2, 30))
            }
            return Duration(seconds: 0, nanoseconds: Int64(min(microseconds, most)) * 1000)
        }

        private func testCall(_ target: String, _ key: String?, _ data: String, _ attempt: Int) -> TestCall {
            TestCall(target: target, key: key, arguments: (try? JSONValue(jsonText: data)) ?? .null, attempt: attempt)
        }
    }
#endif
