import Testing

@testable import MeshCore
@testable import Telemetry

struct SpanQueueTests {
    @Test func `it holds a bounded number, and counts what it has no room for`() {
        var queue = SpanQueue()
        for number in 0..<SpanQueue.capacity + 3 { queue.add(.sample(number)) }
        #expect(queue.waiting.count == SpanQueue.capacity)
        #expect(queue.takeDropped() == 3)
        #expect(queue.takeDropped() == 0)
    }

    @Test func `spans go in their order, and stay until they are taken`() {
        var queue = SpanQueue()
        for number in 0..<SpanQueue.batch + 1 { queue.add(.sample(number)) }
        #expect(queue.hasBatch)
        #expect(queue.next.first == .sample(0) && queue.next.count == SpanQueue.batch)
        _ = queue.failed()
        #expect(queue.next.first == .sample(0))
        queue.sent(SpanQueue.batch)
        #expect(!queue.hasBatch)
        #expect(Array(queue.next) == [.sample(SpanQueue.batch)])
    }

    @Test func `attempts come ever later, half a minute at most, and at once after one that worked`() {
        var queue = SpanQueue()
        queue.add(.sample(0))
        queue.add(.sample(1))
        #expect((0..<8).map { _ in queue.failed() } == [1, 2, 4, 8, 16, 30, 30, 30].map { .seconds($0) })
        queue.sent(1)
        #expect(queue.failed() == .seconds(1))
    }

    @Test func `what the collector refuses is gone, and counted`() {
        var queue = SpanQueue()
        for number in 0..<5 { queue.add(.sample(number)) }
        queue.refused(2)
        #expect(queue.takeDropped() == 2)
        #expect(queue.dropAll() == 3)
        #expect(queue.next.isEmpty)
    }
}

extension Span {
    static func sample(_ number: Int, service: String = "shop.Orders") -> Span {
        Span(
            service: service, name: "shop.Orders/place", kind: .consumer,
            context: TraceParent(
                traceID: "0af7651916cd43dd8448eb211c80319c",
                spanID: "b7ad6b71" + String(10_000_000 + number), isSampled: true),
            began: Timestamp(microseconds: 1_700_000_000_000_001),
            ended: Timestamp(microseconds: 1_700_000_000_000_301), attributes: [])
    }
}
