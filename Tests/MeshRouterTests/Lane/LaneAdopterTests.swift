import MeshCore
import Outbox
import Synchronization
import TestSupport
import Testing

@testable import MeshRouter

/// What becomes of lanes that nobody owns.
@Suite struct LaneAdopterTests {
    @Test func `a lane that can't be published doesn't keep the others from it`() async throws {
        let store = FakeStore()
        store.state.withLock {
            $0.abandoned = [lane(1, "gone"), lane(2, "gone"), lane(3, "there"), lane(4, "there")]
        }
        let outlet = FakeOutlet()
        outlet.refuse {
            $0.topic == "gone" ? LaneRefusal(row: $0, reason: "unknown topic", isTopicMissing: true) : nil
        }
        try await withAdopter(store, outlet) {
            try await eventually("what can be published is") {
                store.state.withLock { $0.abandoned.filter { $0.acknowledged == $0.lastSequence }.map(\.id) } == [3, 4]
            }
            #expect(store.state.withLock { $0.buried.isEmpty })
            // They are tried again, and go on once their topic is there.
            outlet.refuse { _ in nil }
            try await eventually("all is published") {
                store.state.withLock { $0.abandoned.allSatisfy { $0.acknowledged == $0.lastSequence && !$0.isLeased } }
            }
        }
    }

    private func withAdopter(_ store: FakeStore, _ outlet: FakeOutlet, _ body: () async throws -> Void) async throws {
        let adopter = LaneAdopter(owner: "test", lease: .milliseconds(20), store: store) { outlet }
        let running = Task { await adopter.run() }
        do {
            try await body()
        } catch {
            running.cancel()
            throw error
        }
        running.cancel()
        await running.value
        #expect(store.state.withLock { $0.abandoned.allSatisfy { !$0.isLeased } })
    }

    private func lane(_ id: Int64, _ topic: String) -> FakeStore.LeftLane {
        let rows = (1...3).map { sequence in
            OutboxRow(
                sequence: Int64(sequence), topic: topic, partition: 0,
                message: Message(
                    id: "\(id)-\(sequence)", type: topic, source: "/test", time: .now, key: "k", data: Array("{}".utf8))
            )
        }
        return FakeStore.LeftLane(id: id, rows: rows)
    }
}
