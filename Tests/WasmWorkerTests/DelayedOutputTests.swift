import MeshCore
import Outbox
import Testing

@testable import WasmWorker

/// What handlers and workflows send later, on its way into a commit.
@Suite struct `What code sends later` {
    private let now = Timestamp(microseconds: 1_800_000_000_000_000)
    private let place = PartitionID(group: "t.S", topic: "t.S", partition: 0)

    private func builder() -> BatchBuilder {
        BatchBuilder(
            batch: BatchCommit(
                partition: place, epoch: 1, expectedNextOffset: 0, nextOffset: 0, lane: 1, nextSequence: 1,
                acknowledgedSequence: 0),
            parkedCounts: [:], partitionCount: 4, parkedPerKeyMax: 3, now: now,
            generator: SystemRandomNumberGenerator())
    }

    private func message(_ id: String, due: Int64?) -> Message {
        Message(
            id: id, type: "t.S/m", source: "/t.S", time: now, key: "k", data: Array("{}".utf8),
            extensions: MessageExtensions(due: due.map { now.advanced(by: .milliseconds($0)) }))
    }

    @Test func `it waits in the order in which it was sent, and takes no sequence; what is due by then, too`() {
        var builder = builder()
        for (id, due) in [("a", nil), ("b", 5), ("c", 0), ("d", -5), ("e", 1)] as [(String, Int64?)] {
            builder.send(message(id, due: due), to: "t.S")
        }
        #expect(builder.batch.outbox.map(\.message.id) == ["a"] && builder.batch.nextSequence == 2)
        #expect(builder.batch.delayedSends.map(\.message.id) == ["b", "c", "d", "e"])
        #expect(builder.batch.delayedSends.map(\.due) == builder.batch.delayedSends.map(\.message.extensions.due))
    }

    @Test func `the copy of a dead letter is published whatever its message says`() throws {
        var builder = builder()
        let key = StateKey(service: "t.S", key: "k")
        let execution = Execution(
            source: .log(offset: 0),
            handler: Handler(service: "t.S", method: "m", retry: .undeclared, batch: nil, isCall: true, kind: .handler),
            message: message("a", due: 60_000), orderKey: key, stateKey: key, attempt: 1, firstRunAt: now, offset: 0)
        let failure = Failure(kind: .refused, error: MeshError(.internalError, "no"))
        builder.add(
            .run(
                KeyRunResult(
                    id: 1, orderKey: key,
                    results: [ExecutionResult(executions: [execution], outcome: .failed(failure))], remaining: [],
                    states: RunStates())))
        #expect(builder.batch.deadLetters.count == 1 && builder.batch.delayedSends.isEmpty)
        #expect(builder.batch.outbox.map(\.topic) == ["t.S.dead"])
    }
}
