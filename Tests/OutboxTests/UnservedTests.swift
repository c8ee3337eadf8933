import MeshCore
import Postgres
import TestSupport
import Testing

@testable import Outbox

/// What a service leaves that is out of force, or doesn't handle an event any more.
@Suite struct UnservedTests {
    private let calls = PartitionID(group: "shop.Orders", topic: "shop.Orders", partition: 0)

    @Test func `what it sent and nobody published is published by another once it is out of force`() async throws {
        try await withStore { _, pool in
            try await pool.execute(shopRoutes)
            let partitions = PostgresPartitionStore(pool)
            let ingress = PostgresIngressStore(pool)
            let claim = try await partitions.claim(calls, owner: "w1", logStart: 0)
            var batch = claim.batch()
            batch.partition = calls
            batch.outbox = [
                OutboxRow(
                    sequence: claim.lane.nextSequence, topic: "order.placed", partition: 1,
                    message: message("m", type: "order.placed", data: "{}"))
            ]
            batch.nextSequence += 1
            _ = try await partitions.commit(batch)
            // Its partition's next owner will publish it.
            #expect(try await ingress.claimAbandonedLane(owner: "r1", lease: .seconds(60)) == nil)
            #expect(try await RegistryStore(pool).undeploy("shop.Orders", by: "ada"))
            let lane = try #require(try await ingress.claimAbandonedLane(owner: "r1", lease: .seconds(60)))
            #expect(lane.lane.id == claim.lane.id)
            #expect(try await ingress.unpublished(lane: lane.lane.id, above: 0, limit: 10).map(\.message.id) == ["m"])
            #expect(try await ingress.claimAbandonedLane(owner: "r2", lease: .seconds(60)) == nil)
            try await ingress.releaseLane(lane, acknowledged: lane.lane.nextSequence - 1)
            #expect(try await ingress.claimAbandonedLane(owner: "r2", lease: .seconds(60)) == nil)
            // Its next owner finds nothing left to publish.
            let again = try await partitions.claim(calls, owner: "w2", logStart: 0)
            #expect(again.lane.acknowledgedSequence == again.lane.nextSequence - 1)
        }
    }

    @Test func `calls that it hasn't taken are kept for it, events that it might hear aren't`() async throws {
        try await withStore { _, pool in
            try await pool.execute(shopRoutes)
            let partitions = PostgresPartitionStore(pool)
            _ = try await partitions.claim(calls, owner: "w1", logStart: 0)
            _ = try await partitions.claim(
                PartitionID(group: "shop.Orders", topic: "payment.captured", partition: 0), owner: "w1", logStart: 0)
            let readers = "SELECT string_agg(topic, ' ' ORDER BY topic) FROM mesh.subscription"
            #expect(try await pool.value(readers) == "payment.captured shop.Orders")
            #expect(try await RegistryStore(pool).undeploy("shop.Orders", by: "ada"))
            #expect(try await pool.value(readers) == "shop.Orders")
            #expect(try await pool.value("SELECT mesh.is_consumed('shop.Orders', 0, 99, 1)") == "false")
            #expect(try await pool.value("SELECT mesh.is_consumed('payment.captured', 0, 99, 1)") == "true")
        }
    }

    @Test func `calls to a service that no worker has come to yet are kept for it as well`() async throws {
        try await withStore { _, pool in
            try await pool.execute(shopRoutes)
            #expect(try await RegistryStore(pool).undeploy("shop.Orders", by: "ada"))
            #expect(try await pool.value("SELECT mesh.is_consumed('shop.Orders', 0, 99, 1)") == "false")
        }
    }

    @Test func `a message that came without a key is published again without one`() async throws {
        try await withStore(connections: 4) { _, pool in
            try await pool.execute(shopRoutes)
            let store = PostgresPartitionStore(pool)
            var batch = try await store.claim(calls, owner: "w1", logStart: 0).batch()
            batch.partition = calls
            var came = message("m", type: "shop.Orders/place", data: "{}")
            came.key = nil
            batch.deadLetters.append(
                NewDeadLetter(
                    of: came, offset: 0, service: "shop.Orders", method: "place", attempts: 1,
                    error: MeshError(.internalError, "no"), digest: nil))
            let ids = try await store.commit(batch).deadLetterIDs
            let log = RecordingLog()
            try await withRelay(pool, log) {
                #expect(try await DeadLetterStore(pool).redrive(ids, by: "ada").done == ids)
                try await eventually { log.entries.count == 1 }
            }
            let sent = try #require(log.entries.first?.row.message)
            #expect(sent.key == nil && sent.id == "m")
        }
    }
}
