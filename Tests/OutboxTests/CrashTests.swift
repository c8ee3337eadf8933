import Embedded
import MeshCore
import Outbox
import Postgres
import Synchronization
import TestSupport
import Testing

/// Postgres is killed in the midst of commits, with their outcome unknown; owners claim again, and the fence tells what took place.
@Suite struct CrashTests {
    @Test func `whenever Postgres dies, each record takes effect exactly once`() async throws {
        var seed = Seed()
        try await withOwnPostgres { postgres in
            let pool = try PostgresPool(PostgresConfiguration(url: postgres.url()), size: 3)
            defer { pool.close() }
            try await Migrations.run(pool.connections[0])
            let store = PostgresPartitionStore(pool)
            let partitions = (0..<3).map { PartitionID(group: "shop.Orders", topic: "shop.Orders", partition: $0) }
            let progress = Counter()
            let kills = (0..<6).map { _ in seed.integer(in: 5...40) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for id in partitions { group.addTask { try await consume(id, 200, store, progress) } }
                group.addTask {
                    for pause in kills {
                        let target = progress.value + pause
                        try await eventually("record \(target)", within: .seconds(60)) {
                            progress.value >= min(target, 590)
                        }
                        await postgres.kill()
                        try await postgres.restart()
                    }
                }
                try await group.waitForAll()
            }
            for id in partitions {
                // The state counts effects, the outbox holds one message for each record, in order and without gap.
                #expect(
                    try await pool.value("SELECT data->>'count' FROM mesh.state WHERE key = 'p\(id.partition)'")
                        == "200")
                let claim = try await store.claim(id, owner: "end", logStart: 0)
                #expect(claim.nextOffset == 200)
                let rows = try await store.unpublished(lane: claim.lane.id, above: 0, limit: 1000)
                #expect(rows.map(\.message.id) == (0..<200).map { "\(id.partition)-\($0)" })
                #expect(Set(rows.map(\.sequence)).count == 200)
            }
        }
    }

    /// A worker in miniature: reads the state, counts, sends a message, and claims again whenever it can't be sure.
    private func consume(_ id: PartitionID, _ count: Int64, _ store: PostgresPartitionStore, _ progress: Counter)
        async throws
    {
        let key = StateKey(service: "shop.Orders", key: "p\(id.partition)")
        var claim: PartitionClaim?
        while (claim?.nextOffset ?? 0) < count {
            do throws(StoreError) {
                guard let owned = claim else {
                    claim = try await store.claim(id, owner: "w", logStart: 0)
                    continue
                }
                let state = try await store.load(LoadRequest(partition: id, stateKeys: [key])).state[key]
                var batch = owned.batch(id)
                let seen = state.flatMap { Int(String(decoding: $0.data, as: UTF8.self).filter(\.isNumber)) } ?? 0
                batch.stateWrites = [
                    StateWrite(
                        key: key, expectedVersion: state?.version ?? 0, data: Array("{\"count\":\(seen + 1)}".utf8))
                ]
                batch.outbox = [
                    OutboxRow(
                        sequence: owned.lane.nextSequence, topic: "t", partition: 0,
                        message: message("\(id.partition)-\(owned.nextOffset)"))
                ]
                batch.nextSequence += 1
                batch.inboxIDs = ["\(id.partition)-\(owned.nextOffset)"]
                try await store.commit(batch)
                claim?.nextOffset += 1
                claim?.lane.nextSequence += 1
                progress.increment()
            } catch {
                switch error {
                case .connectionLost, .transient, .fenced: claim = nil
                case .stateConflict, .duplicateInbox, .dataRefused, .other: throw error
                }
            }
        }
    }
}

private final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    var value: Int { count.load(ordering: .relaxed) }
    func increment() { count.add(1, ordering: .relaxed) }
}
