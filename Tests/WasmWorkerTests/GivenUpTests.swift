import MeshCore
import Outbox
import Testing

@testable import WasmWorker

/// What becomes of what can't wait, or can't be sent.
@Suite struct GivenUpTests {
    private let now = Timestamp(microseconds: 1_800_000_000_000_000)

    private func builder(parked: [StateKey: Int] = [:]) -> BatchBuilder {
        BatchBuilder(
            batch: BatchCommit(
                partition: PartitionID(group: "t.S", topic: "t.S", partition: 0), epoch: 1, expectedNextOffset: 0,
                nextOffset: 0, lane: 1, nextSequence: 1, acknowledgedSequence: 0),
            parkedCounts: parked, partitionCount: 4, parkedPerKeyMax: 3, now: now,
            generator: SystemRandomNumberGenerator())
    }

    @Test func `what the log doesn't take is a dead letter of where it was to go, and the copy of one is none`() {
        var builder = builder()
        for topic in ["t.done", "t.S.dead"] {
            let message = Message(
                id: topic, type: "t.done", source: "/t.S", time: now, key: "k", data: Array("{}".utf8))
            builder.add(
                .undeliverable(
                    OutboxRow(sequence: 1, topic: topic, partition: 2, message: message),
                    MeshError(.communicationFailure, "too large")))
        }
        #expect(
            builder.batch.deadLetters.map(\.place)
                == [PartitionID(group: "mesh.relay", topic: "t.done", partition: 2)])
    }

    @Test(arguments: [
        (Handler.Kind.handler, 2), (.query, 2), (.signal, 2), (.control, 2),
        // Whoever waits for these would wait for ever; what a workflow may have open bounds them.
        (.answer, 5), (.timer, 5),
    ])
    func `above the bound of what is parked behind a key messages are given up, but for what a workflow waits for`(
        kind: Handler.Kind, parked: Int
    ) {
        let key = StateKey(service: "t.S", key: "k")
        var builder = builder(parked: [key: 1])
        for offset in Int64(0)..<5 {
            builder.add(
                .follower(
                    Execution(
                        source: .log(offset: offset),
                        handler: Handler(
                            service: "t.S", method: "m", retry: .undeclared, batch: nil, isCall: true, kind: kind),
                        message: Message(
                            id: "m\(offset)", type: "t.S/m", source: "/t", time: now, key: "k", data: Array("{}".utf8)),
                        orderKey: key, stateKey: key, attempt: 1, firstRunAt: now, offset: offset)))
        }
        #expect(builder.batch.parked.count == parked)
        #expect(builder.batch.deadLetters.count == 5 - parked)
        #expect(builder.finishedOffsets.count == 5)
    }
}
