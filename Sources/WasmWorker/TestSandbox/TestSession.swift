import MeshCore
import Schemas
import Wasm

/// What one test has run, one execution after the other, or one inside a host call of another.
final class TestSession {
    let sandbox: TestSandbox
    let connection: TestConnection

    init(_ sandbox: TestSandbox, _ connection: TestConnection) {
        self.sandbox = sandbox
        self.connection = connection
    }

    func serve() {
        while let message = connection.read(), perform(message) {}
    }

    /// Asks the test something in the middle of an execution; nil where the execution is to end. A test may have a handler run before
    /// it answers: a local step.
    func ask(_ question: TestAnswer) -> JSONNode? {
        guard connection.write(question) else { return nil }
        while let message = connection.read() {
            if message["drop"] != nil { return nil }
            guard message["run"] != nil else { return message }
            guard perform(message) else { return nil }
        }
        return nil
    }

    /// False where the connection is of no more use.
    private func perform(_ message: JSONNode) -> Bool {
        if let methods = message["knows"] { return connection.write(knows(methods)) }
        guard let run = TestRun(message) else {
            return connection.write(failed(MeshError(.invalidRequest, "the sandbox of tests has no such request")))
        }
        return connection.write(end(of: run))
    }

    /// Whether all of these methods are the package's: a test may have modules that aren't built from it.
    private func knows(_ methods: JSONNode) -> TestAnswer {
        let isKnown = methods.elements.compactMap(\.text).allSatisfy { binding(of: $0) != nil }
        return TestAnswer("knows", isKnown ? "all" : "some")
    }

    private func binding(of target: String) -> (service: ServiceBinding, method: MethodBinding)? {
        guard let slash = target.firstIndex(of: "/"), let service = sandbox.catalog.services[String(target[..<slash])],
            let method = service.methods[String(target[target.index(after: slash)...])]
        else { return nil }
        return (service, method)
    }

    private func end(of run: TestRun) -> TestAnswer {
        guard let (service, method) = binding(of: run.target) else {
            return failed(MeshError(.notFound, "the package has no method \(run.target)"))
        }
        do throws(ValueError) {
            try method.input.validate(run.data)
        } catch {
            return failed(MeshError(.invalidRequest, error.description, timestamp: run.now))
        }
        sandbox.noteExecution()
        let host = TestHost(
            handler: HandlerHost(
                service: service, catalog: sandbox.catalog, isReadOnly: method.handler.kind == .query),
            configuration: run.configuration)
        let request = run.request(method, hasState: service.state != nil)
        guard let number = run.workflowRun else {
            let guest = service.code.run(request, host: host, workflow: nil)
            let outcome = HandlerOutcome(
                service: service, method: method, execution: run.execution(method), traceparent: run.traceparent
            ).outcome(of: guest)
            return end(of: guest, outcome, at: run.now)
        }
        let calls = TestWorkflowCalls(
            self, run, number: number, code: BoundCode(service: service, catalog: sandbox.catalog))
        let guest = service.code.run(request, host: host, workflow: calls)
        return end(ofWorkflow: guest, run.method, calls)
    }

    // MARK: How it ended

    private func failed(_ error: MeshError) -> TestAnswer { TestAnswer("end", "failed").with(error) }

    private func end(of guest: GuestRun, _ outcome: ExecutionResult.Outcome, at now: Timestamp) -> TestAnswer {
        switch outcome {
        case .failed(let failure): return failed(failure.error).with(logs: guest.logs)
        case .done(let reply, let state, _):
            guard case .completed(let effects) = guest.outcome else { break }
            var answer = TestAnswer("end", "completed").with("reply", reply)
                .with(messages: effects.messages, at: now)
            switch state {
            case .unchanged: break
            case .set(let state): answer = answer.with("state", state)
            case .deleted: answer = answer.with("state", nil as String?)
            }
            return answer.with(logs: guest.logs)
        case .activated, .scheduled: break
        }
        return failed(MeshError(.internalError, "the sandbox ended as no handler does")).with(logs: guest.logs)
    }

    /// As `CodeRunner` judges it, but that a crash isn't tried again: a test would only see the same once more.
    private func end(ofWorkflow guest: GuestRun, _ method: String, _ calls: TestWorkflowCalls) -> TestAnswer {
        let stuck: MeshError
        switch guest.outcome {
        case .suspended, .stopped: return TestAnswer("end", "dropped").with(logs: guest.logs)
        case .failed(let failure): return failed(failure.meshError(at: calls.now)).with(logs: guest.logs)
        case .completed(let effects):
            let reply = effects.reply ?? Array("{}".utf8)
            guard !calls.isContinued, let problem = calls.code.problem(withAnswer: reply, of: method) else {
                return TestAnswer("end", "completed").with("reply", reply).with(logs: guest.logs)
            }
            stuck = MeshError(.internalError, "the answer of \(method) doesn't fit the schema: \(problem)")
        case .trapped(let trap): stuck = MeshError(.internalError, "the workflow crashed: \(trap.message)")
        case .deadlineExceeded(let text): stuck = MeshError(.deadlineExceeded, text)
        case .memoryExceeded(let text): stuck = MeshError(.resourceExhausted, text)
        case .badOutput(let text): stuck = MeshError(.internalError, text)
        case .unavailable(let text): stuck = MeshError(.providerUnavailable, text)
        }
        return TestAnswer("end", "stuck").with(stuck).with(logs: guest.logs)
    }
}
