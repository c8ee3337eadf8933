import MeshCore
import Outbox
import TestSupport
import Testing
import Wasm

@testable import WasmWorker

/// What a worker counts of its methods.
@Suite struct HandlerMetricsTests {
    private let now = Timestamp(microseconds: 1_800_000_000_000_000)
    private let key = StateKey(service: "t.S", key: "k")

    private func builder() -> BatchBuilder {
        BatchBuilder(
            batch: BatchCommit(
                partition: PartitionID(group: "t.S", topic: "t.S", partition: 0), epoch: 1, expectedNextOffset: 0,
                nextOffset: 0, lane: 1, nextSequence: 1, acknowledgedSequence: 0),
            parkedCounts: [:], partitionCount: 4, parkedPerKeyMax: 3, now: now,
            generator: SystemRandomNumberGenerator())
    }

    private func execution(
        _ id: String, _ method: String, isAwaited: Bool = false, isDeployed: Bool = true, attempt: Int = 1
    ) -> Execution {
        Execution(
            source: .log(offset: 1),
            handler: Handler(
                service: "t.S", method: method, retry: .undeclared, batch: nil, isCall: true, isDeployed: isDeployed),
            message: Message(
                id: id, type: "t.S/\(method)", source: "/t", time: now, key: "k", data: Array("{}".utf8),
                extensions: MessageExtensions(replyTo: isAwaited ? 0 : nil)),
            orderKey: key, stateKey: key, attempt: attempt, firstRunAt: now, offset: 1)
    }

    private func result(_ executions: [Execution], _ kind: Failure.Kind? = nil, runTime: Int64? = nil)
        -> ExecutionResult
    {
        let outcome: ExecutionResult.Outcome =
            kind.map { .failed(Failure(kind: $0, error: MeshError(.internalError, "no"))) }
            ?? .done(reply: [], state: .unchanged, messages: [])
        return ExecutionResult(executions: executions, outcome: outcome, runTime: runTime)
    }

    private func tally(_ results: [ExecutionResult], remaining: [Execution] = []) -> HandlerTally {
        var builder = builder()
        builder.add(
            .run(
                KeyRunResult(id: 1, orderKey: key, results: results, remaining: remaining, states: RunStates())))
        builder.finish()
        return builder.handled
    }

    private func counts(_ tally: HandlerTally, _ method: String) -> [Int]? {
        tally.methods.first { $0.name == method }.map { found in HandledOutcome.allCases.map { found.counts[$0] } }
    }

    @Test func `each message counts as what came of it, and what waits behind a parked one not at all`() {
        let tally = tally(
            [
                result([execution("a", "take")]), result([execution("b", "take", isAwaited: true)], .refused),
                result([execution("c", "take")], .refused), result([execution("d", "give")], .badOutput),
                result([execution("e", "take")], .retryable),
            ], remaining: [execution("f", "take")])
        #expect(counts(tally, "take") == [1, 1, 1, 1])
        #expect(counts(tally, "give") == [0, 0, 0, 1])
        #expect(tally.methods.count == 2)
    }

    @Test func `a crash is tried again, until there are no attempts left`() {
        let retries = RetryPolicy.undeclared.retries
        #expect(counts(tally([result([execution("a", "m", attempt: retries + 1)], .retryable)]), "m") == [0, 0, 0, 1])
        #expect(counts(tally([result([execution("a", "m", attempt: retries)], .retryable)]), "m") == [0, 0, 1, 0])
    }

    @Test func `a batch is one run of as many messages`() throws {
        let batch = (0..<3).map { execution("m\($0)", "hear") }
        let tally = tally([result(batch, runTime: 40_000)])
        #expect(counts(tally, "hear") == [3, 0, 0, 0])
        let times = try #require(tally.methods.first).counts.times
        #expect(times.counts.reduce(0, +) == 1 && times.nanoseconds == 40_000)
    }

    @Test func `what wasn't run has no time`() throws {
        let tally = tally([result([execution("a", "m", isAwaited: true)], .expired)])
        #expect(counts(tally, "m") == [0, 1, 0, 0])
        #expect(try #require(tally.methods.first).counts.times.counts.allSatisfy { $0 == 0 })
    }

    @Test func `a method that only a message names has no series, and neither has a record that can't be read`() {
        var builder = builder()
        builder.add(
            .run(
                KeyRunResult(
                    id: 1, orderKey: key,
                    results: (0..<50).map { result([execution("m\($0)", "made\($0)", isDeployed: false)], .badInput) },
                    remaining: [], states: RunStates())))
        let message = Message(id: "r", type: "t.S/odd", source: "/t", time: now, key: "k", data: [])
        let failure = Failure(kind: .badInput, error: MeshError(.invalidRequest, "no"))
        builder.add(
            .record(
                offset: 9,
                rejection: CommitUnit.Rejection(service: "t.S", message: message, headers: [], failure: failure))
        )
        builder.add(.record(offset: 10, rejection: nil))
        #expect(builder.handled.methods.map(\.name) == [HandlerTally.unknown])
        #expect(counts(builder.handled, HandlerTally.unknown) == [0, 0, 0, 51])
    }

    @Test func `the time of a run is in the first bucket whose bound it doesn't exceed`() {
        var times = RunTimes()
        for nanoseconds in [0, 10_000, 10_001, 10_000_000_000, 10_000_000_001] as [Int64] { times.record(nanoseconds) }
        #expect(times.counts == [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1])
        #expect(times.counts.count == RunTimes.bounds.count + 1)
        #expect(RunTimes.bounds == RunTimes.bounds.sorted())
        #expect(times.nanoseconds == 20_000_020_002)
    }

    @Test func `batches add up, by service and method`() {
        let metrics = HandlerMetrics()
        var tally = HandlerTally()
        tally.count("b", .ok)
        tally.count("a", .dead)
        tally.ran("b", for: 7)
        for service in ["t.S", "t.R", "t.S"] { metrics.add(tally, of: service) }
        let found = metrics.statistics
        #expect(found.map { "\($0.service)/\($0.method)" } == ["t.R/a", "t.R/b", "t.S/a", "t.S/b"])
        #expect(found.map { $0.counts[.ok] } == [0, 1, 0, 2] && found.map { $0.counts[.dead] } == [1, 0, 2, 0])
        #expect(found.map(\.counts.times.nanoseconds) == [0, 7, 0, 14])
    }

    @Test func `so many methods are told apart, and the others count together`() throws {
        let metrics = HandlerMetrics()
        for method in 0..<(HandlerMetrics.methodsMax + 40) {
            var tally = HandlerTally()
            tally.count("m\(method)", .ok)
            for _ in 0..<2 { metrics.add(tally, of: "t.S") }
        }
        let found = metrics.statistics
        #expect(found.count == HandlerMetrics.methodsMax + 1)
        let other = try #require(found.first { $0.method == HandlerMetrics.other })
        #expect(other.service == HandlerMetrics.other && other.counts[.ok] == 80)
        #expect(found.reduce(0) { $0 + $1.counts[.ok] } == 2 * (HandlerMetrics.methodsMax + 40))
    }
}
