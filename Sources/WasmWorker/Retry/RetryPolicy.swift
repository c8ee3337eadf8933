import MeshCore
import Schemas

/// When a failed execution is tried again: capped backoff with jitter, per method.
struct RetryPolicy: Sendable, Hashable {
    /// Attempts after the first.
    var retries: Int
    var backoff: DurablePolicy.Backoff
    var initialDelay: Duration
    var maximumDelay: Duration
    /// Whether traps, deadlines and memory limits are tried again too; so only where the author asked with `@durable`.
    var retriesCrashes: Bool

    /// What holds for a method without `@durable`: only errors that the guest calls retryable.
    static let undeclared = RetryPolicy(DurablePolicy(retries: 3), retriesCrashes: false)

    /// What holds for an input of a workflow: only a package that isn't there makes it wait, and it waits for as long as it takes.
    static let workflowInput = RetryPolicy(
        DurablePolicy(retries: 1_000_000_000), maximumDelay: .seconds(15), retriesCrashes: false)

    init(
        _ policy: DurablePolicy, initialDelay: Duration = .milliseconds(200), maximumDelay: Duration = .seconds(300),
        retriesCrashes: Bool = true
    ) {
        retries = policy.retries
        backoff = policy.backoff
        self.initialDelay = initialDelay
        self.maximumDelay = maximumDelay
        self.retriesCrashes = retriesCrashes
    }

    /// The policy of a method.
    init(of method: MethodSchema) {
        self = method.durable.map { RetryPolicy($0) } ?? .undeclared
    }

    /// The wait before the attempt after `attempt` (1 or more), or nil when that was the last one.
    ///
    /// Jitter takes up to half of the wait away ("equal jitter"), so that keys that failed together come back apart.
    func delay(afterAttempt attempt: Int, using generator: inout some RandomNumberGenerator) -> Duration? {
        guard attempt <= retries else { return nil }
        let wait: Duration
        switch backoff {
        case .none: return .zero
        case .fixed: wait = initialDelay
        case .linear: wait = min(maximumDelay, initialDelay * attempt)
        case .exponential: wait = min(maximumDelay, initialDelay * (1 << min(attempt - 1, 30)))
        }
        return wait * Double.random(in: 0.5...1, using: &generator)
    }
}
