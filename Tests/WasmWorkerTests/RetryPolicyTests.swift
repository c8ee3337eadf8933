import TestSupport
import Schemas
import Testing

@testable import WasmWorker

@Suite struct RetryPolicyTests {
    @Test(arguments: DurablePolicy.Backoff.allCases)
    func `each wait lies within its bounds and the attempts end`(backoff: DurablePolicy.Backoff) {
        let seed = Seed().value
        var generator = Seed(value: seed)
        for _ in 0..<200 {
            let policy = RetryPolicy(
                DurablePolicy(retries: Int.random(in: 0...40, using: &generator), backoff: backoff),
                initialDelay: .milliseconds(100), maximumDelay: .seconds(10))
            for attempt in 1..<60 {
                let delay = policy.delay(afterAttempt: attempt, using: &generator)
                #expect((delay == nil) == (attempt > policy.retries), "seed \(seed)")
                #expect(delay ?? .zero <= .seconds(10) && delay ?? .zero >= .zero, "seed \(seed)")
            }
        }
    }

    @Test func `an exponential wait doubles up to the cap`() {
        var generator = Seed(value: 1)
        let policy = RetryPolicy(DurablePolicy(retries: 10), initialDelay: .seconds(1), maximumDelay: .seconds(8))
        for (attempt, full) in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 8)] {
            let delay = policy.delay(afterAttempt: attempt, using: &generator) ?? .zero
            #expect(delay >= .seconds(full) / 2 && delay <= .seconds(full))
        }
    }
}
