package import Schemas
package import Wasm

/// A service's package as workflows use it: the module bound to its schema, and the mesh around it.
package protocol WorkflowCode {
    /// The SHA-256 of the package.
    var digest: String { get }
    /// The version of its schema.
    var version: String { get }
    /// Whether the service has an `@state`.
    var hasState: Bool { get }

    /// The `@workflow` method of that name (`fulfil`).
    func workflow(_ method: String) -> WorkflowMethod?
    /// Whether the service has a `@signal` method of that name (`approve`).
    func hasSignal(_ method: String) -> Bool
    /// Whether the code answers a `@signal` method: it has a result.
    func answers(signal method: String) -> Bool
    /// Whether `answer`, as the wire carries it, is one of that workflow or signal; nil where it is, else what is wrong.
    func problem(withAnswer answer: [UInt8], of method: String) -> String?
    /// Whether its code may call `target` (`shop.Payments/capture`) with these arguments, and what that would be.
    func checkCall(target: String, key: String?, data: [UInt8]) -> CallDecision

    /// Runs the guest (`Sandbox.run`), with `calls` for its workflow functions.
    func run(_ request: GuestRequest, calls: any WorkflowCalls) -> GuestRun
    /// Runs a handler of the service in a sandbox of its own, which may be inside a host call of `run` on the same thread.
    func run(_ step: LocalStep) -> LocalStepOutcome
}

extension WorkflowCode {
    /// Why an answer to a signal of `service` can't be given, if so: by the schema, or because it is no error.
    package func refusal(
        ofReply data: [UInt8], isError: Bool, to signal: String, of service: String
    ) -> (WorkflowRefusal, String)? {
        let name = "\(service)/\(signal)"
        guard answers(signal: signal) else {
            return (.notAllowed, "\(name) answers Void: its senders were answered when it was stored")
        }
        guard isError else {
            return problem(withAnswer: data, of: signal).map {
                (.invalid, "the answer of \(name) doesn't fit the schema: \($0)")
            }
        }
        do throws(GuestFailure.Unreadable) {
            _ = try GuestFailure(json: data)
            return nil
        } catch {
            return (.invalid, "\(name): \(error.reason)")
        }
    }
}

/// What is known of an `@workflow` method.
package struct WorkflowMethod: Sendable {
    /// `Orders/fulfil`, as the guest is told.
    package var guestName: String
    package var limits: SandboxLimits
    /// `@durable`: how often an activation that crashes is tried again.
    package var durable: DurablePolicy?

    package init(guestName: String, limits: SandboxLimits, durable: DurablePolicy?) {
        self.guestName = guestName
        self.limits = limits
        self.durable = durable
    }
}

/// Whether a workflow may make a call.
package enum CallDecision: Sendable {
    case accepted(CallTarget)
    /// Not known, or not permitted.
    case denied(String)
    /// The arguments aren't of the declared types.
    case invalid(String)
}

/// What a call would be.
package struct CallTarget: Sendable {
    package var role: MethodRole
    /// The key that was given, else the one by the method's rule; nil where neither says one.
    package var key: String?
    /// `@durable` of the method: how a local step is retried.
    package var durable: DurablePolicy?

    package init(role: MethodRole, key: String?, durable: DurablePolicy?) {
        self.role = role
        self.key = key
        self.durable = durable
    }
}
