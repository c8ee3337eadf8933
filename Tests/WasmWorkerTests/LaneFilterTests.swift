import MeshCore
import Outbox
import Testing

@testable import WasmWorker

@Suite struct LaneFilterTests {
    private func stamp(_ sequence: Int64, lane: Int64 = 1, epoch: Int64 = 0) -> LaneStamp {
        LaneStamp(lane: lane, epoch: epoch, sequence: sequence)
    }

    @Test func `a suffix that is published again is dropped`() {
        var filter = LaneFilter(durable: [:], currentEpochs: [:])
        let verdicts = [1, 2, 5, 2, 5, 6].enumerated().map { filter.judge(stamp(Int64($1)), at: Int64($0)) }
        #expect(verdicts == [.fresh, .fresh, .fresh, .duplicate, .duplicate, .fresh])
    }

    @Test func `lanes are judged apart`() {
        var filter = LaneFilter(durable: [1: LaneWatermark(epoch: 0, sequence: 9)], currentEpochs: [:])
        #expect(filter.judge(stamp(9, lane: 1), at: 0) == .duplicate)
        #expect(filter.judge(stamp(9, lane: 2), at: 1) == .fresh)
    }

    @Test func `an epoch that was refilled is stale`() {
        var filter = LaneFilter(durable: [:], currentEpochs: [1: 2])
        #expect(filter.judge(stamp(8, epoch: 1), at: 0) == .stale)
        #expect(filter.judge(stamp(5, epoch: 2), at: 1) == .fresh)
    }

    /// The trap of a plain watermark: a record done above a slower one must not make the slower one look like a duplicate after a restart.
    @Test func `only what lies below the partition's watermark becomes durable`() {
        var filter = LaneFilter(durable: [:], currentEpochs: [:])
        #expect(filter.judge(stamp(1), at: 10) == .fresh)
        #expect(filter.judge(stamp(2), at: 11) == .fresh)
        #expect(filter.marks(below: 10).isEmpty)
        #expect(filter.marks(below: 11) == [1: LaneWatermark(epoch: 0, sequence: 1)])
        var next = LaneFilter(durable: [1: LaneWatermark(epoch: 0, sequence: 1)], currentEpochs: [:])
        #expect(next.judge(stamp(2), at: 11) == .fresh)
    }

    @Test func `marks wait until they are committed`() {
        var filter = LaneFilter(durable: [:], currentEpochs: [:])
        _ = filter.judge(stamp(1), at: 0)
        #expect(filter.marks(below: 1).count == 1)
        filter.committed(below: 1)
        #expect(filter.marks(below: 1).isEmpty)
        #expect(filter.judge(stamp(1), at: 1) == .duplicate)
    }
}
