import MeshCore
import Outbox
import Synchronization
import TestSupport
import Testing

@testable import MeshRouter

/// What was accepted, and Kafka doesn't take.
@Suite struct LaneRefusalTests {
    @Test func `what Kafka never takes becomes a dead letter, its caller learns why, and the lane goes on`()
        async throws
    {
        try await withAcceptor { acceptor, store, outlet, told in
            outlet.refuse {
                $0.message.id.hasPrefix("large")
                    ? LaneRefusal(row: $0, reason: "too large", isTopicMissing: false) : nil
            }
            for id in ["a", "large1", "b", "large2", "c"] { _ = try await acceptor.accept([message(id)]) }
            try await eventually { store.state.withLock { $0.buried.count } == 2 }
            // A message is accepted before it is published: until then the lane has nothing on its way.
            try await eventually("the lane counts as published") { outlet.rows.count >= 5 && acceptor.lag == 0 }
            #expect(store.state.withLock { $0.buried.map(\.refusal.row.message.id) } == ["large1", "large2"])
            #expect(told.all == ["large1: too large", "large2: too large"])
            // Each was published once: nothing was claimed anew.
            #expect(outlet.rows.map(\.sequence) == [1, 2, 3, 4, 5])
            #expect(store.state.withLock { $0.leaseEpoch } == 1)
        }
    }

    @Test func `a dead letter that couldn't be stored is stored before the lane counts as published`() async throws {
        try await withAcceptor { acceptor, store, outlet, _ in
            store.state.withLock { $0.burialsLost = 3 }
            outlet.refuse { LaneRefusal(row: $0, reason: "too large", isTopicMissing: false) }
            _ = try await acceptor.accept([message("a")])
            try await eventually { store.state.withLock { $0.buried.count } == 1 }
            #expect(store.state.withLock { $0.buried.map(\.acknowledged) } == [0])
            try await eventually { acceptor.lag == 0 && acceptor.problem == nil }
            // Once for each claim of the lane.
            #expect(outlet.rows.map(\.sequence) == [1, 1, 1, 1])
        }
    }

    @Test func `a topic that is missing makes nothing a dead letter: its messages are published once it is there`()
        async throws
    {
        try await withAcceptor { acceptor, store, outlet, told in
            outlet.refuse { LaneRefusal(row: $0, reason: "unknown topic", isTopicMissing: true) }
            _ = try await acceptor.accept([message("a")])
            try await eventually { outlet.rows.count >= 3 }
            outlet.refuse { _ in nil }
            _ = try await acceptor.accept([message("b")])
            try await eventually { outlet.rows.last?.message.id == "b" && acceptor.lag == 0 }
            #expect(store.state.withLock { $0.buried.isEmpty } && told.all.isEmpty)
        }
    }

    @Test func `a commit that Postgres refuses for good fails its callers with the reason, and later ones are tried`()
        async throws
    {
        try await withAcceptor { acceptor, store, outlet, _ in
            store.state.withLock {
                $0.failures = [.other(message: "permission denied for table outbox", sqlstate: "42501")]
            }
            let error = await #expect(throws: MeshError.self) { try await acceptor.accept([message("a")]) }
            #expect(error?.code == .providerUnavailable && error?.retryable == true)
            #expect(error?.message.contains("permission denied for table outbox") == true)
            _ = try await acceptor.accept([message("b")])
            try await eventually { outlet.rows.map(\.message.id) == ["b"] }
            #expect(store.state.withLock { $0.rows.map(\.message.id) } == ["b"])
            // On a lane that was claimed anew.
            #expect(store.state.withLock { $0.leaseEpoch } == 2)
        }
    }

    private func withAcceptor(_ body: (Acceptor, FakeStore, FakeOutlet, Collector<String>) async throws -> Void)
        async throws
    {
        let store = FakeStore()
        let outlet = FakeOutlet()
        let told = Collector<String>()
        let acceptor = Acceptor(
            Acceptor.Configuration(owner: "test"), store: store, metrics: RouterMetrics(), outlet: { outlet },
            onRefusal: { row, reason in told.append("\(row.message.id): \(reason)") })
        let running = Task { await acceptor.run() }
        do {
            try await body(acceptor, store, outlet, told)
        } catch {
            running.cancel()
            throw error
        }
        acceptor.stop()
        await running.value
    }

    private func message(_ id: String) -> IngressMessage {
        IngressMessage(
            topic: "t", partition: 0,
            message: Message(id: id, type: "t", source: "/test", time: .now, key: id, data: Array("{}".utf8)))
    }
}
