import TestSupport
import Testing

@testable import Embedded

/// When the embedded broker is started anew.
@Suite(.serialized) struct BrokerUpkeepTests {
    @Test func `one that has ended is started at once, one that has grown not too often`() {
        let start = ContinuousClock.now
        var rules = BrokerUpkeep(startedAt: start)
        (rules.memoryMax, rules.leastAge) = (1000, .seconds(300))
        #expect(rules.reason(memory: nil, now: start) == .ended)
        #expect(rules.reason(memory: 1000, now: start + .seconds(301)) == nil)
        #expect(rules.reason(memory: 1001, now: start + .seconds(299)) == nil)
        #expect(rules.reason(memory: 1001, now: start + .seconds(300)) == .grown(bytes: 1001))
        rules.started(at: start + .seconds(300))
        #expect(rules.reason(memory: 1001, now: start + .seconds(599)) == nil)
        #expect(rules.reason(memory: 1001, now: start + .seconds(600)) == .grown(bytes: 1001))
    }

    @Test func `a broker that was killed comes back, empty and where it was`() async throws {
        try await withUpkeep(BrokerUpkeep()) { broker in
            let first = try #require(broker.pid)
            await broker.kill()
            try await eventually("another one", within: .seconds(20)) { broker.pid.map { $0 != first } ?? false }
            #expect(FreePort.answers(broker.port))
        }
    }

    @Test func `a broker that holds too much is changed for an empty one`() async throws {
        var rules = BrokerUpkeep()
        (rules.memoryMax, rules.leastAge) = (1, .milliseconds(200))
        try await withUpkeep(rules) { broker in
            let first = try #require(broker.pid)
            try await eventually("another one", within: .seconds(20)) { broker.pid.map { $0 != first } ?? false }
        }
    }

    private func withUpkeep(_ rules: BrokerUpkeep, _ body: (EmbeddedBroker) async throws -> Void) async throws {
        try await withOwnBroker { broker, _ in
            let keeping = Task { await broker.keepUp(rules, every: .milliseconds(50)) }
            let result: Result<Void, any Error>
            do { result = .success(try await body(broker)) } catch { result = .failure(error) }
            keeping.cancel()
            await keeping.value
            try result.get()
        }
    }
}
