import Kafka
import MeshCore
import Outbox
import Postgres
import TestSupport
import Testing

@testable import WasmWorker

/// A log whose beginning was removed, by retention, before a service had consumed it.
@Suite struct LogGapTests {
    @Test func `the service goes on where the log begins, and a dead letter tells what is missing`() async throws {
        try await TestMesh.with { mesh in
            let id = PartitionID(group: mesh.ledger, topic: mesh.ledger, partition: 0)
            let store = PostgresPartitionStore(mesh.database)
            let environment = try PartitionEnvironment.forTests(
                store,
                catalog: UnusedCode.catalog(
                    """
                    @mesh(namespace: "t", version: "1.0.0")
                    service Ledger { append(id: ID!): Void }
                    """), kafka: mesh.kafka)
            // It stood at 100, with 103, 105 and 110 done.
            let claim = try await store.claim(id, owner: "before", logStart: 100)
            var batch = BatchCommit(
                partition: id, epoch: claim.epoch, expectedNextOffset: 100, nextOffset: 100, lane: claim.lane.id,
                nextSequence: claim.lane.nextSequence, acknowledgedSequence: 0)
            batch.completed = [0b0010_1000, 0b0000_0100]
            _ = try await store.commit(batch)
            let started = Collector<Int64>()
            let loop = PartitionLoop(
                id, environment: environment,
                callbacks: PartitionLoop.Callbacks(
                    ready: { started.append(contentsOf: [$0]) }, pause: {}, resume: {}, progressed: { _ in }))
            async let end = loop.run(ends: { Watermarks(low: 104, high: 200) })
            #expect(try await started.wait(for: 1) == [104])
            loop.post(.abandon)
            _ = await end
            let again = try await store.claim(id, owner: "after", logStart: 104)
            #expect(again.nextOffset == 104 && again.completed == [0b0100_0010])
            let letter = try #require(try await DeadLetterStore(mesh.database).list(DeadLetterFilter()).first)
            #expect(letter.place == id && letter.offset == 100)
            #expect(
                letter.errorMessage.contains("begins at 104, behind the position 100 of t.Ledger"),
                "\(letter.errorMessage)")
            #expect(try await DeadLetterStore(mesh.database).redrive([letter.id], by: "ada").done.isEmpty)
        }
    }

    @Test func `a partition that is taken away while its log's end is in doubt has nothing published again`()
        async throws
    {
        try await TestMesh.with { mesh in
            let id = PartitionID(group: mesh.ledger, topic: mesh.ledger, partition: 0)
            let store = PostgresPartitionStore(mesh.database)
            let claim = try await store.claim(id, owner: "before", logStart: 0)
            _ = try await store.commit(
                BatchCommit(
                    partition: id, epoch: claim.epoch, expectedNextOffset: 0, nextOffset: 10, lane: claim.lane.id,
                    nextSequence: claim.lane.nextSequence, acknowledgedSequence: 0))
            let resets = Collector<PartitionID>()
            let looks = Collector<Int>()
            let environment = try PartitionEnvironment.forTests(
                store, brokerLoss: BrokerLoss(epoch: { 1 }, reset: { id, _ in resets.append(id) }), kafka: mesh.kafka)
            let loop = PartitionLoop(
                id, environment: environment,
                callbacks: PartitionLoop.Callbacks(ready: { _ in }, pause: {}, resume: {}, progressed: { _ in }))
            let end = await loop.run(
                ends: {
                    looks.append(1)
                    return Watermarks(low: 0, high: 4)
                }, isWanted: { looks.count < 3 })
            guard case .stopped = end else {
                Issue.record("\(end)")
                return
            }
            #expect(resets.count == 0 && looks.count == 3)
        }
    }

    @Test(
        arguments: [(0, [0b1010_0001]), (1, [0b0101_0000]), (5, [0b0000_0101]), (7, [1]), (8, []), (900, [])]
            as [(Int64, [UInt8])])
    func `what is done behind the gap stays done`(from count: Int64, expected: [UInt8]) {
        #expect(OffsetTracker.bitmap([0b1010_0001], from: count) == expected)
    }

    @Test func `a bitmap without its first bits says the same of every other`() {
        var seed = Seed()
        for _ in 0..<200 {
            let bytes = seed.bytes(count: seed.integer(in: 0...20))
            let count = seed.integer(in: 0...180)
            let rest = OffsetTracker.bitmap(bytes, from: Int64(count))
            func bit(_ bytes: [UInt8], _ place: Int) -> Bool {
                place < bytes.count * 8 && bytes[place / 8] & (1 << UInt8(place % 8)) != 0
            }
            #expect((0..<200).allSatisfy { bit(rest, $0) == bit(bytes, $0 + count) }, "\(bytes), \(count)")
        }
    }
}
