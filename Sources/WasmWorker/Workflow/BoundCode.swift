import MeshCore
import Outbox
import Schemas
import Wasm
import Workflows

/// A service's package as workflows use it.
struct BoundCode: WorkflowCode {
    let service: ServiceBinding
    let catalog: ServiceCatalog

    var digest: String { service.digest }
    var version: String { service.version }
    var hasState: Bool { service.state != nil }

    func workflow(_ method: String) -> WorkflowMethod? {
        guard let binding = service.methods[method], binding.schema.role == .workflow else { return nil }
        return WorkflowMethod(
            guestName: binding.guestName, limits: binding.limits, durable: binding.schema.durable)
    }

    func hasSignal(_ method: String) -> Bool { service.methods[method]?.schema.role == .signal }

    func answers(signal method: String) -> Bool {
        service.methods[method]?.schema.isAnsweredSignal ?? false
    }

    func problem(withAnswer answer: [UInt8], of method: String) -> String? {
        guard let output = service.methods[method]?.output else { return nil }
        do throws(ValueError) {
            try output.validate(answer)
            return nil
        } catch {
            return error.description
        }
    }

    /// The own service's methods are those of this package, whatever is deployed by now.
    func checkCall(target: String, key: String?, data: [UInt8]) -> CallDecision {
        let own = service.service.qualifiedName + "/"
        if target.hasPrefix(own), let method = service.methods[String(target.dropFirst(own.count))],
            method.handler.isCall
        {
            return check(
                method.input, method.schema.keyPath, method.schema.role, method.schema.durable, target, key, data)
        }
        if target == OutsideService.fetch, let arguments = OutsideService.arguments {
            // The one that is made for it tells it from all other calls: its Idempotency-Key follows from that.
            guard key == nil else { return .invalid("\(target): a call to the outside has no key") }
            return check(arguments, nil, .handler, nil, target, key, data)
        }
        guard let method = catalog.targets[target] else {
            return .denied("no deployed service has the method \"\(target)\"")
        }
        return check(method.arguments, method.keyPath, method.role, nil, target, key, data)
    }

    private func check(
        _ arguments: ValueShape, _ keyPath: [String]?, _ role: MethodRole, _ durable: DurablePolicy?,
        _ target: String, _ key: String?, _ data: [UInt8]
    ) -> CallDecision {
        do throws(ValueError) {
            try arguments.validate(data)
        } catch {
            return .invalid("\(target): \(error)")
        }
        let key = key ?? keyPath.flatMap { JSONScanner.keyText(of: $0, in: data) }
        if let key, let problem = MessageKey.problem(key.utf8) { return .invalid("\(target): the key \(problem)") }
        return .accepted(CallTarget(role: role, key: key, durable: durable))
    }

    func run(_ request: GuestRequest, calls: any WorkflowCalls) -> GuestRun {
        service.code.run(request, host: HandlerHost(service: service, catalog: catalog), workflow: calls)
    }

    func run(_ step: LocalStep) -> LocalStepOutcome {
        let name = service.service.qualifiedName + "/" + step.method
        guard let method = service.methods[step.method], method.handler.isCall else {
            return .failed(MeshError(.notFound, "the package \(digest.prefix(12)) has no method \(name)"))
        }
        let message = Message(
            id: step.id, type: name, source: "/" + step.workflow.service, time: step.now, key: step.workflow.key,
            data: step.data,
            extensions: MessageExtensions(
                traceparent: step.traceparent, caller: step.workflow.service, principal: step.principal))
        let execution = Execution(
            source: .look, handler: method.handler, message: message, orderKey: step.workflow,
            stateKey: step.workflow, attempt: step.attempt, firstRunAt: step.now, offset: -1)
        let span = catalog.span(ofStep: execution, version: digest)
        let traceparent = span?.traceparent ?? step.traceparent
        let run = catalog.sandbox(
            execution, data: step.data, method, service, traceparent: traceparent, state: step.state)
        let outcome = HandlerOutcome(
            service: service, method: method, execution: execution, traceparent: traceparent
        ).outcome(of: run)
        span?.end(outcome)
        switch outcome {
        case .done(let reply, let state, let messages):
            return .done(
                reply: reply, state: state, messages: messages.map { OutgoingMessage($0) },
                logs: run.logs)
        case .failed(let failure):
            var error = failure.error
            if failure.kind.isCrash, !step.retriesCrashes { error.retryable = false }
            return .failed(error, logs: run.logs)
        case .activated, .scheduled:
            return .failed(MeshError(.internalError, "\(name) isn't a handler"), logs: run.logs)
        }
    }
}

extension ServiceCatalog: WorkflowEnvironment {
    func currentCode(of service: String) -> BoundCode? {
        services[service].map { BoundCode(service: $0, catalog: self) }
    }

    func code(of service: String, digest: String) -> BoundCode? {
        if let current = services[service], current.digest == digest {
            return BoundCode(service: current, catalog: self)
        }
        if let former = former[service]?[digest] { return BoundCode(service: former, catalog: self) }
        missing.insert(digest)
        return nil
    }
}
