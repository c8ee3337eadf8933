import MeshCore
import Outbox
import Postgres
import TestSupport
import Testing

/// Messages that wait for another attempt, as the store keeps them.
@Suite struct ParkedStoreTests {
    @Test func `parked messages come back head first, key by key, in order`() async throws {
        try await withStore { _, pool in
            let store = PostgresPartitionStore(pool)
            var claim = try await store.claim(orders, owner: "a", logStart: 0)
            let now = Timestamp.now
            var batch = claim.batch()
            batch.parked = [
                parked("a", offset: 1, due: now), parked("b", offset: 2, due: now.advanced(by: .seconds(60))),
                parked("a", offset: 3, due: nil), parked("a", offset: 4, due: nil),
            ]
            let ids = try await store.commit(batch).parkedIDs
            #expect(ids.count == 4 && ids == ids.sorted())
            claim.nextOffset += 1
            let a = StateKey(service: "shop.Orders", key: "a")
            let b = StateKey(service: "shop.Orders", key: "b")
            #expect(try await store.load(LoadRequest(partition: orders, parkedKeys: [b, a])).parked == [a: 3, b: 1])
            let heir = try await store.claim(orders, owner: "b", logStart: 0)
            #expect(heir.nextParkedDue == now)
            claim.epoch = heir.epoch

            let due = try await store.dueParked(orders, at: now, limit: 10, excluding: [])
            #expect(due.messages.map(\.offset) == [1])
            #expect(due.nextDue == now.advanced(by: .seconds(60)))
            #expect(due.messages.first?.message == batch.parked[0].message)
            #expect(try await store.dueParked(orders, at: now, limit: 10, excluding: [a]).messages.isEmpty)
            let followers = try await store.parkedFollowers(orders, of: a, after: ids[0], limit: 10)
            #expect(followers.map(\.offset) == [3, 4])

            // The head is done, its follower becomes the head and is due at once; a failed attempt waits again.
            var next = claim.batch()
            next.parkedDone = [ids[0]]
            next.parkedAgain = [
                ParkedAttempt(
                    id: ids[1], attempts: 2, due: now.advanced(by: .seconds(5)), error: MeshError(.internalError, "no"),
                    digest: nil)
            ]
            try await store.commit(next)
            let later = try await store.dueParked(
                orders, at: Timestamp.now.advanced(by: .seconds(30)), limit: 10, excluding: [])
            #expect(Set(later.messages.map(\.offset)) == [2, 3])
            #expect(later.messages.first { $0.offset == 2 }?.attempts == 2)
        }
    }

    @Test func `what is parked behind one that is done in the same commit is due at once`() async throws {
        try await withStore { _, pool in
            let store = PostgresPartitionStore(pool)
            var claim = try await store.claim(orders, owner: "a", logStart: 0)
            var batch = claim.batch()
            batch.parked = [parked("a", offset: 1)]
            let ids = try await store.commit(batch).parkedIDs
            claim.nextOffset += 1
            var next = claim.batch()
            next.parked = [parked("a", offset: 2, due: nil), parked("a", offset: 3, due: nil)]
            next.parkedDone = ids
            try await store.commit(next)
            let due = try await store.dueParked(
                orders, at: Timestamp.now.advanced(by: .seconds(1)), limit: 10, excluding: [])
            #expect(due.messages.map(\.offset) == [2])
        }
    }
}

/// A message of `shop.Orders`, parked after its first failure, or without a time behind another.
func parked(_ key: String, offset: Int64, due: Timestamp? = Timestamp.now) -> NewParkedMessage {
    NewParkedMessage(
        offset: offset, service: "shop.Orders", method: "place", key: key, message: message(key: key),
        attempts: due == nil ? 0 : 1, due: due, error: due == nil ? nil : MeshError(.internalError, "no"),
        digest: "d")
}
