package import MeshCore
package import Schemas
import Wasm

/// When a failed call or local step of a workflow is tried again.
package struct OperationRetry: Sendable, Equatable {
    /// Attempts after the first.
    package var retries: Int
    package var backoff: DurablePolicy.Backoff
    /// Microseconds before the second attempt.
    package var delay: Int64
    package var maximumDelay: Int64
    /// False where nobody has asked for attempts after a crash: without `@durable`, and without `retries` of the call.
    package var retriesCrashes = true

    package static let standardDelay: Int64 = 200_000
    package static let standardMaximumDelay: Int64 = 300_000_000

    package init(
        retries: Int, backoff: DurablePolicy.Backoff = .exponential, delay: Int64 = standardDelay,
        maximumDelay: Int64 = standardMaximumDelay
    ) {
        self.retries = retries
        self.backoff = backoff
        self.delay = delay
        self.maximumDelay = maximumDelay
    }

    /// When the attempt after `attempt` (from 1) is due; nil when that was the last one.
    ///
    /// Up to half of the wait is taken away by `seed`, so that what failed together comes back apart.
    package func due(afterAttempt attempt: Int32, from now: Timestamp, seed: UInt64) -> Timestamp? {
        guard attempt <= retries else { return nil }
        let wait: Int64
        switch backoff {
        case .none: return now
        case .fixed: wait = delay
        case .linear: wait = OperationRetry.product(delay, Int64(attempt))
        case .exponential: wait = OperationRetry.product(delay, 1 << Int64(min(attempt - 1, 40)))
        }
        let held = max(0, min(wait, maximumDelay))
        return Timestamp(microseconds: now.microseconds + held - held / 2 * Int64(seed % 1024) / 1024)
    }

    /// How long an error asks to be left alone, `retryAfter` of its details in whole seconds; a day at most, and nothing where it doesn't say.
    static func wait(askedBy error: [UInt8]) -> Duration {
        guard let details = JSONMembers(error)?.raw("details"),
            let text = JSONMembers(Array(details.utf8))?.raw("retryAfter"), let seconds = Int64(text), seconds > 0
        else { return .zero }
        return .seconds(min(seconds, 86_400))
    }

    private static func product(_ left: Int64, _ right: Int64) -> Int64 {
        let (result, isOverflown) = left.multipliedReportingOverflow(by: right)
        return isOverflown ? Timestamp.longestDelay : result
    }
}
