import Kafka
import MeshCore
import Outbox
import Synchronization
import TestSupport
import Testing

@testable import WasmWorker

/// How much of a partition's log may wait in its loop's mailbox.
@Suite struct IntakeTests {
    private func records(_ count: Int, bytes: Int = 10) -> [KafkaRecord] {
        (0..<count).map {
            KafkaRecord(
                topic: "t", partition: 0, offset: Int64($0), key: [1], value: .init(repeating: 0, count: bytes - 1))
        }
    }

    private func intake(records: Int = 100, bytes: Int = 1 << 20) -> Intake {
        var limits = PartitionLimits()
        (limits.queuedMax, limits.queuedBytesMax) = (records, bytes)
        return Intake(limits)
    }

    @Test func `it is full at a bound, and has room at half of it`() {
        var intake = intake()
        intake.posted(records(99))
        #expect(!intake.isFull)
        intake.posted(records(1))
        #expect(intake.isFull)
        intake.taken(records(49))
        #expect(intake.isFull)
        intake.taken(records(1))
        #expect(!intake.isFull)
    }

    @Test func `few large records fill it too`() {
        var intake = intake(bytes: 1000)
        intake.posted(records(1, bytes: 1000))
        #expect(intake.isFull)
        intake.taken(records(1, bytes: 1000))
        #expect(!intake.isFull)
    }

    @Test func `it is full while the machine is, whatever waits`() {
        var intake = intake()
        intake.isMachineFull = true
        intake.posted(records(100))
        intake.taken(records(100))
        #expect(intake.isFull)
        intake.isMachineFull = false
        #expect(!intake.isFull)
    }

    /// The consumer is faster than the loop, and would fill the memory before the loop can say that it is full.
    @Test func `a loop that is busy asks for a pause, and for its end once it has taken what waits`() async throws {
        var limits = PartitionLimits()
        limits.queuedMax = 10
        let asked = Collector<Bool>()
        let loop = PartitionLoop(
            PartitionID(group: "shop.Orders", topic: "shop.Orders", partition: 0),
            environment: try .forTests(IdleStore(), limits),
            callbacks: PartitionLoop.Callbacks(
                ready: { _ in }, pause: { asked.append(true) }, resume: { asked.append(false) }, progressed: { _ in }))
        loop.deliver(records(6))
        #expect(asked.all.isEmpty)
        loop.deliver(records(6))
        #expect(asked.all == [true])
        loop.deliver(records(6))
        #expect(asked.all == [true])
        async let end = loop.run(ends: { Watermarks(low: 0, high: 7) })
        // What it is told isn't for its service: it takes nothing of that.
        #expect(try await asked.wait(for: 2) == [true, false])
        loop.post(.abandon)
        _ = await end
    }
}
