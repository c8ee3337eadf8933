import MeshCore
import Outbox
import Testing

@testable import WasmWorker

@Suite struct LaneFilterTests {
    private func stamp(_ sequence: Int64, lane: Int64 = 1, epoch: Int64 = 0) -> LaneStamp {
        LaneStamp(lane: lane, epoch: epoch, sequence: sequence)
    }

    private func expectVerdict(
        of filter: inout LaneFilter, _ stamp: LaneStamp, at offset: Int64, is expected: LaneFilter.Verdict,
        _ location: SourceLocation = #_sourceLocation
    ) {
        let verdict = filter.judge(stamp, at: offset)
        #expect(verdict == expected, sourceLocation: location)
    }

    @Test func `a suffix that is published again is dropped`() {
        var filter = LaneFilter(durable: [:], currentEpochs: [:])
        var verdicts: [LaneFilter.Verdict] = []
        for (offset, sequence) in [1, 2, 5, 2, 5, 6].enumerated() {
            verdicts.append(filter.judge(stamp(Int64(sequence)), at: Int64(offset)))
        }
        #expect(verdicts == [.fresh, .fresh, .fresh, .duplicate, .duplicate, .fresh])
    }

    @Test func `lanes are judged apart`() {
        var filter = LaneFilter(durable: [1: LaneWatermark(epoch: 0, sequence: 9)], currentEpochs: [:])
        expectVerdict(of: &filter, stamp(9, lane: 1), at: 0, is: .duplicate)
        expectVerdict(of: &filter, stamp(9, lane: 2), at: 1, is: .fresh)
    }

    @Test func `an epoch that was refilled is stale`() {
        var filter = LaneFilter(durable: [:], currentEpochs: [1: 2])
        expectVerdict(of: &filter, stamp(8, epoch: 1), at: 0, is: .stale)
        expectVerdict(of: &filter, stamp(5, epoch: 2), at: 1, is: .fresh)
    }

    @Test
    func
        `what was sent between a backup and its restore is passed over, and neither what was before nor what comes then`()
    {
        var filter = LaneFilter(
            durable: [1: LaneWatermark(epoch: 0, sequence: 4)], currentEpochs: [:],
            gaps: LaneGaps(sequences: [1: [7...99, 200...299]], lanes: [10...19]))
        for (sequence, verdict) in [
            (4, .duplicate), (5, .fresh), (6, .fresh), (7, .stale), (99, .stale), (100, .fresh), (250, .stale),
            (300, .fresh),
        ] as [(Int64, LaneFilter.Verdict)] {
            expectVerdict(of: &filter, stamp(sequence), at: sequence, is: verdict)
        }
        expectVerdict(of: &filter, stamp(8, lane: 2), at: 301, is: .fresh)
        // Of lanes that were made meanwhile those of workers, not those of routers.
        for (lane, verdict) in [(8, .fresh), (10, .stale), (11, .fresh), (18, .stale), (20, .fresh)]
            as [(Int64, LaneFilter.Verdict)]
        {
            expectVerdict(of: &filter, stamp(1, lane: lane), at: 302 + lane, is: verdict)
        }
    }

    /// The trap of a plain watermark: a record done above a slower one must not make the slower one look like a duplicate after a restart.
    @Test func `only what lies below the partition's watermark becomes durable`() {
        var filter = LaneFilter(durable: [:], currentEpochs: [:])
        expectVerdict(of: &filter, stamp(1), at: 10, is: .fresh)
        expectVerdict(of: &filter, stamp(2), at: 11, is: .fresh)
        #expect(filter.marks(below: 10).isEmpty)
        #expect(filter.marks(below: 11) == [1: LaneWatermark(epoch: 0, sequence: 1)])
        var next = LaneFilter(durable: [1: LaneWatermark(epoch: 0, sequence: 1)], currentEpochs: [:])
        expectVerdict(of: &next, stamp(2), at: 11, is: .fresh)
    }

    @Test func `marks wait until they are committed`() {
        var filter = LaneFilter(durable: [:], currentEpochs: [:])
        _ = filter.judge(stamp(1), at: 0)
        #expect(filter.marks(below: 1).count == 1)
        filter.committed(below: 1)
        #expect(filter.marks(below: 1).isEmpty)
        expectVerdict(of: &filter, stamp(1), at: 1, is: .duplicate)
    }

    /// Else a commit that comes before the one with its new offset would forget it, and the next owner do it again.
    @Test func `what was done before the log was lost is known until the position is above it`() {
        var filter = LaneFilter(
            durable: [:], currentEpochs: [5: 2], doneStamps: [LaneStamp(lane: 5, epoch: 1, sequence: 9)])
        var tracker = OffsetTracker(nextOffset: 0)
        for offset in 0...1 as ClosedRange<Int64> { _ = tracker.see(offset) }
        #expect(filter.judge(LaneStamp(lane: 5, epoch: 2, sequence: 8), at: 0) == .fresh)
        #expect(filter.judge(LaneStamp(lane: 5, epoch: 2, sequence: 9), at: 1) == .duplicate)
        #expect(filter.stamps(doneIn: tracker).map(\.sequence) == [9])
        tracker.finish(0)
        tracker.finish(1)
        _ = tracker.advance()
        filter.committed(below: tracker.nextOffset)
        #expect(filter.stamps(doneIn: tracker).isEmpty)
    }
}
