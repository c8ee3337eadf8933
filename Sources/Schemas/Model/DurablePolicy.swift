/// `@durable(retries:, timeout:, backoff:)`: what happens when a method fails with a retryable error.
package struct DurablePolicy: Sendable, Hashable {
    package enum Backoff: String, Sendable, Hashable, CaseIterable {
        /// Each wait is twice the one before, with jitter, up to a cap.
        case exponential
        /// Each wait is one unit longer than the one before.
        case linear
        /// Each wait is the same.
        case fixed
        /// Tried again at once.
        case none
    }

    /// Attempts after the first; then the message is a dead letter.
    package var retries: Int
    /// The most one attempt may take; nil: the worker's own limit.
    package var timeout: Duration?
    package var backoff: Backoff

    package static let defaultRetries = 5

    package init(retries: Int = defaultRetries, timeout: Duration? = nil, backoff: Backoff = .exponential) {
        self.retries = retries
        self.timeout = timeout
        self.backoff = backoff
    }
}
