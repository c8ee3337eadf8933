import MeshCore
import Postgres
import TestSupport
import Testing

@testable import Outbox

/// Postgres was restored to an earlier point, and the log is ahead of it (I5).
@Suite struct RestoreTests {
    @Test func `no lane uses a sequence again, and nothing that was committed is forgotten`() async throws {
        try await withStore(connections: 3) { _, pool in
            try await pool.execute(shopRoutes)
            let store = PostgresPartitionStore(pool)
            let other = PartitionID(group: "wasmesh.default", topic: "shop.Orders", partition: 1)
            for (place, acknowledged) in [(orders, Int64(2)), (other, 1)] {
                let claim = try await store.claim(place, owner: "w", logStart: 0)
                var batch = claim.batch(place)
                batch.outbox = (1...2).map {
                    OutboxRow(sequence: $0, topic: "shop.Orders", partition: 0, message: message())
                }
                batch.nextSequence = 3
                batch.acknowledgedSequence = acknowledged
                _ = try await store.commit(batch)
            }
            let log = RecordingLog()
            try await withRelay(pool, log) {
                try await pool.execute("SELECT mesh.emit('order.placed', 'k', '1')")
                try await eventually { log.ids.count == 1 }
            }
            try await pool.execute("SELECT mesh.emit('order.placed', 'k', '2')")
            let lanes = try await pool.query(.oneOff("SELECT max(id) FROM mesh.lane")).first?.int64(0) ?? 0
            let before = Timestamp.now.microseconds

            try await pool.execute("SELECT mesh.after_restore('me')")
            for (place, isAcknowledged) in [(orders, true), (other, false)] {
                let claim = try await store.claim(place, owner: "w2", logStart: 0)
                #expect(claim.lane.nextSequence >= before && claim.epoch == 3)
                #expect(claim.lane.hasUnacknowledged == !isAcknowledged)
                // Both lanes' later messages are of a past that didn't happen, not those of the router and of SQL.
                #expect(claim.laneGaps.sequences.count == 2)
                #expect(claim.laneGaps.sequences[claim.lane.id] == [3...claim.lane.nextSequence - 1])
                let left = try await store.unpublished(
                    lane: claim.lane.id, above: claim.lane.acknowledgedSequence, limit: 10)
                #expect(left.map(\.sequence) == (isAcknowledged ? [] : [2]))
            }
            let third = PartitionID(group: "wasmesh.default", topic: "shop.Orders", partition: 2)
            let made = try await store.claim(third, owner: "w2", logStart: 0)
            #expect(made.lane.id > lanes + 1000)
            // Whatever lane was made in the meantime is known by its number.
            let lost = try #require(made.laneGaps.lanes.first)
            #expect(lost.lowerBound == lanes + 1 && lost.upperBound < made.lane.id && lost.count > 900_000)
            let even = lanes + lanes % 2 + 2
            for (lane, isLost) in [(lanes, false), (even, true), (even + 1, false), (made.lane.id, false)] {
                #expect(made.laneGaps.contain(LaneStamp(lane: lane, epoch: 1, sequence: 1)) == isLost, "\(lane)")
            }
            try await withRelay(pool, log, owner: "another") {
                try await pool.execute("SELECT mesh.emit('order.placed', 'k', '3')")
                try await eventually("what was pending, and what is new") {
                    Set(log.deduplicated.map { String(decoding: $0.row.message.data, as: UTF8.self) }) == [
                        "1", "2", "3",
                    ]
                }
            }
            let sequences = log.deduplicated.filter { $0.row.message.data != Array("1".utf8) }.map(\.row.sequence)
            #expect(sequences.allSatisfy { $0 >= before }, "\(sequences)")
            #expect(
                try await pool.value("SELECT actor || action FROM mesh.fact ORDER BY at DESC LIMIT 1") == "merestore")
        }
    }

    @Test func `tables of another cluster are refused, not misread`() async throws {
        try await withStore { _, pool in
            try await pool.execute(
                """
                INSERT INTO mesh.relay_tick (slot, tick, lease_epoch, seen, upto, first_seq, acked_seq)
                    VALUES (mesh.active_slot('relay_tick'), 7, 1, '3:3:', '900000000:900000000:', 1, 0)
                """)
            let error = await #expect(throws: PostgresError.self) {
                try await pool.execute("SELECT mesh.after_restore('me')")
            }
            #expect(error.map { "\($0)" }?.contains("another database cluster") == true)
        }
    }
}
