import MeshCore
import Postgres
import TestSupport
import Testing

@testable import Outbox

@Suite struct IngressStoreTests {
    private func call(_ id: String, key: String? = nil, body: String = "{}", keeps: Bool = false) -> IngressMessage {
        var sent = message(id, type: "shop.Orders/place", key: id, data: body)
        sent.extensions.keepsResult = keeps || key != nil
        return IngressMessage(
            topic: "shop.Orders", partition: 1, message: sent,
            idempotency: key.map {
                Idempotency(scope: "shop.Orders/place", key: $0, bodyHash: SHA256.digest(Array(body.utf8)))
            })
    }

    @Test func `a lane that is abandoned waits for the commit under way, and fences what comes later`() async throws {
        try await withStore(connections: 3) { url, pool in
            let store = PostgresIngressStore(pool)
            var claimed = try await store.claimLane(owner: "r1", lease: .seconds(10))
            _ = try await store.accept([call("a")], lane: &claimed, acknowledged: 0)
            let lane = claimed
            // A commit of ours that is still under way, on a connection that we have lost.
            let lost = try PostgresConnection(PostgresConfiguration(url: url))
            defer { lost.close() }
            try await lost.script("BEGIN; UPDATE mesh.lane SET next_seq = 5 WHERE id = \(lane.lane.id)")
            async let next = store.abandonLane(lane)
            try await eventually {
                try await pool.value("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'")
                    == "1"
            }
            try await lost.script("COMMIT")
            #expect(try await next == AbandonedLane(nextSequence: 5, wasOurs: true))
            await #expect(throws: StoreError.self) {
                var late = lane
                _ = try await store.accept([call("late")], lane: &late, acknowledged: 0)
            }
            let again = try await store.claimLane(owner: "r2", lease: .seconds(10))
            #expect(again.lane.id == lane.lane.id && again.lane.nextSequence == 5)
            #expect(try await store.abandonLane(lane) == AbandonedLane(nextSequence: 5, wasOurs: false))
        }
    }

    @Test func `what is accepted is durable in the lane's order, and its result pends`() async throws {
        try await withStore { _, pool in
            let store = PostgresIngressStore(pool)
            var lane = try await store.claimLane(owner: "r1", lease: .seconds(10))
            let first = try await store.accept([call("a"), call("b", keeps: true)], lane: &lane, acknowledged: 0)
            let second = try await store.accept([call("c")], lane: &lane, acknowledged: 1)
            let rows = (first + second).compactMap { if case .accepted(let row) = $0 { row } else { nil } }
            #expect(rows.map(\.sequence) == [1, 2, 3] && lane.lane.nextSequence == 4)
            #expect(try await store.unpublished(lane: lane.lane.id, above: 0, limit: 10) == rows)
            let states = try await store.results(of: ["a", "b", "zzz"])
            #expect(states["a"] == .unknown && states["zzz"] == .unknown)
            guard case .pending? = states["b"] else { Issue.record("\(states)"); return }
            let partitions = PostgresPartitionStore(pool)
            var batch = try await partitions.claim(orders, owner: "w", logStart: 0).batch()
            batch.callResults = [CallResult(id: "b", status: .ok, data: Array("{\"x\":1}".utf8))]
            try await partitions.commit(batch)
            guard case .done(let result, _)? = try await store.results(of: ["b"])["b"] else {
                Issue.record("not done"); return
            }
            #expect(result == batch.callResults[0])
        }
    }

    @Test func `an idempotency key is decided once, also within a batch, across routers, and after the slot moved on`()
        async throws
    {
        try await withStore(connections: 4) { _, pool in
            let store = PostgresIngressStore(pool)
            var lane = try await store.claimLane(owner: "r1", lease: .seconds(10))
            let outcomes = try await store.accept(
                [
                    call("a", key: "k1"), call("b"), call("c", key: "k1"), call("d", key: "k1", body: "[]"),
                    call("e", key: "k2"),
                ],
                lane: &lane, acknowledged: 0)
            #expect(outcomes.map(kind) == ["accepted", "accepted", "repeated a", "conflict a", "accepted"])
            #expect(try await store.unpublished(lane: lane.lane.id, above: 0, limit: 10).map(\.sequence) == [1, 2, 5])
            try await pool.execute("SELECT mesh.move_slot('idempotency', true)")
            let again = try await store.accept(
                [call("f", key: "k1"), call("g", key: "k3")], lane: &lane, acknowledged: 0)
            #expect(again.map(kind) == ["repeated a", "accepted"])

            let winners = try await withThrowingTaskGroup(of: Int.self) { group in
                for router in 0..<4 {
                    group.addTask {
                        var lane = try await store.claimLane(owner: "r\(router + 2)", lease: .seconds(10))
                        var accepted = 0
                        for round in 0..<25 {
                            let messages = (0..<8).map {
                                call("\(router)-\(round)-\($0)", key: "shared-\(round)-\((($0 * 5) + router) % 8)")
                            }
                            accepted += try await store.accept(messages, lane: &lane, acknowledged: 0).count {
                                kind($0) == "accepted"
                            }
                        }
                        return accepted
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(winners == 25 * 8)
            #expect(try await pool.value("SELECT count(*) FROM mesh.lane WHERE kind = 'router'") == "5")
        }
    }

    private func kind(_ outcome: IngressOutcome) -> String {
        switch outcome {
        case .accepted: "accepted"
        case .repeated(let call): "repeated \(call)"
        case .conflict(let call): "conflict \(call)"
        case .delayed: "delayed"
        }
    }

    @Test func `a lane has one holder, and one that was lost is fenced and adopted`() async throws {
        try await withStore { _, pool in
            let store = PostgresIngressStore(pool)
            var first = try await store.claimLane(owner: "r1", lease: .seconds(60))
            let other = try await store.claimLane(owner: "r2", lease: .seconds(60))
            #expect(first.lane.id != other.lane.id)
            _ = try await store.accept([call("a"), call("b")], lane: &first, acknowledged: 0)
            #expect(try await store.claimAbandonedLane(owner: "r2", lease: .seconds(60)) == nil)
            try await pool.execute(
                "UPDATE mesh.lane SET lease_until = now() - interval '1 second' WHERE id = \(first.lane.id)")
            let adopted = try #require(try await store.claimAbandonedLane(owner: "r2", lease: .seconds(60)))
            #expect(adopted.lane.id == first.lane.id && adopted.lane.nextSequence == 3)
            #expect(
                try await store.unpublished(lane: adopted.lane.id, above: 0, limit: 10).map(\.message.id) == ["a", "b"])
            let before = first
            await #expect(throws: StoreError.self) {
                try await store.accept([call("z")], lane: &first, acknowledged: 0)
            }
            #expect(first == before)
            await #expect(throws: StoreError.self) {
                try await store.renewLane(first, acknowledged: 0, lease: .seconds(1))
            }
            try await store.releaseLane(adopted, acknowledged: 2)
            #expect(try await store.claimAbandonedLane(owner: "r2", lease: .seconds(60)) == nil)
            let reused = try await store.claimLane(owner: "r3", lease: .seconds(60))
            #expect(reused.lane.id == adopted.lane.id && !reused.lane.hasUnacknowledged)
        }
    }

    @Test func `each router gets a partition of the replies of its own until all are taken`() async throws {
        try await withStore { _, pool in
            let store = PostgresIngressStore(pool)
            var leases: [ReplyLease] = []
            for router in 0..<4 {
                leases.append(
                    try #require(try await store.leaseReplies(owner: "r\(router)", partitions: 4, lease: .seconds(60))))
            }
            #expect(Set(leases.map(\.partition)) == [0, 1, 2, 3])
            #expect(try await store.leaseReplies(owner: "r9", partitions: 4, lease: .seconds(60)) == nil)
            try await store.renewReplies(leases[1], for: .seconds(60))
            try await store.releaseReplies(leases[2])
            let next = try #require(try await store.leaseReplies(owner: "r9", partitions: 4, lease: .seconds(60)))
            #expect(next.partition == leases[2].partition && next.epoch > leases[2].epoch)
            await #expect(throws: StoreError.self) { try await store.renewReplies(leases[2], for: .seconds(60)) }
        }
    }

    /// As after a failover to a machine whose clock is an hour behind; the holders died with the old one.
    @Test func `what was leased for longer than leases are given, before the database's clock went back, is free`()
        async throws
    {
        try await withStore { _, pool in
            let store = PostgresIngressStore(pool)
            let relay = PostgresRelayStore(pool)
            var lane = try await store.claimLane(owner: "dead", lease: .seconds(15))
            _ = try await store.accept([call("a")], lane: &lane, acknowledged: 0)
            let replies = try await store.leaseReplies(owner: "dead", partitions: 1, lease: .seconds(15))
            let sql = try await relay.claim("dead", .seconds(15))
            #expect(replies != nil && sql != nil)
            #expect(try await store.claimAbandonedLane(owner: "r", lease: .seconds(15)) == nil)
            #expect(try await store.leaseReplies(owner: "r", partitions: 1, lease: .seconds(15)) == nil)
            #expect(try await relay.claim("r", .seconds(15)) == nil)
            try await pool.execute(
                """
                UPDATE mesh.lane SET lease_until = lease_until + interval '1 hour' WHERE owner IS NOT NULL;
                UPDATE mesh.reply_lease SET lease_until = lease_until + interval '1 hour';
                """)
            #expect(try await store.claimAbandonedLane(owner: "r", lease: .seconds(15))?.lane.id == lane.lane.id)
            #expect(try await store.leaseReplies(owner: "r", partitions: 1, lease: .seconds(15))?.partition == 0)
            #expect(try await relay.claim("r", .seconds(15))?.lane.id == sql?.lane.id)
            await #expect(throws: StoreError.self, "the former holder is fenced") {
                try await store.renewLane(lane, acknowledged: 0, lease: .seconds(15))
            }
        }
    }

    @Test func `data that Postgres can't store is refused and the lane stays as it was`() async throws {
        try await withStore { _, pool in
            let store = PostgresIngressStore(pool)
            var lane = try await store.claimLane(owner: "r1", lease: .seconds(10))
            let before = lane
            let error = await #expect(throws: StoreError.self) {
                try await store.accept([call("a"), call("b", body: "\u{0}")], lane: &lane, acknowledged: 0)
            }
            guard case .dataRefused? = error else { Issue.record("\(String(describing: error))"); return }
            #expect(lane == before)
            #expect(try await store.accept([call("a")], lane: &lane, acknowledged: 0).count == 1)
        }
    }
}
