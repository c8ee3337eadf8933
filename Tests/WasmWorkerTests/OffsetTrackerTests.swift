import TestSupport
import Testing

@testable import WasmWorker

@Suite struct OffsetTrackerTests {
    /// `#expect` can't evaluate mutating calls.
    private func expect(_ wanted: Bool, _ result: Bool, _ location: SourceLocation = #_sourceLocation) {
        #expect(result == wanted, sourceLocation: location)
    }

    @Test func `the watermark stops at the lowest open offset`() {
        var tracker = OffsetTracker(nextOffset: 10)
        for offset in 10..<14 as Range<Int64> { expect(true, tracker.see(offset) == .new) }
        tracker.finish(11)
        tracker.finish(12)
        expect(false, tracker.advance())
        #expect(tracker.nextOffset == 10)
        #expect(tracker.bitmap() == [0b0110])
        tracker.finish(10)
        expect(true, tracker.advance())
        #expect(tracker.nextOffset == 13)
        #expect(tracker.bitmap() == [])
    }

    @Test func `offsets that the log skips don't hold back the watermark`() {
        var tracker = OffsetTracker(nextOffset: 0)
        for offset in [0, 5, 9] as [Int64] { expect(true, tracker.see(offset) == .new) }
        tracker.finish(0)
        expect(true, tracker.advance())
        #expect(tracker.nextOffset == 5)
        tracker.finish(9)
        tracker.finish(5)
        expect(true, tracker.advance())
        #expect(tracker.nextOffset == 10)
    }

    @Test func `what is fetched twice is seen once`() {
        var tracker = OffsetTracker(nextOffset: 0)
        expect(true, tracker.see(3) == .new)
        expect(true, tracker.see(3) == .old)
        expect(true, tracker.see(1) == .old)
    }

    /// A crash at any moment and a restart from the stored watermark and bitmap: each offset is done once, none is forgotten.
    @Test func `restarting from the bitmap repeats nothing that is done and forgets nothing that isn't`() {
        let seed = Seed().value
        var generator = Seed(value: seed)
        for _ in 0..<300 {
            let log = (0..<Int64.random(in: 1...200, using: &generator)).filter { _ in
                Int.random(in: 0..<10, using: &generator) > 0
            }
            var finished: Set<Int64> = []
            var stored: (Int64, [UInt8]) = (0, [])
            while Set(log) != finished {
                var tracker = OffsetTracker(nextOffset: stored.0, bitmap: stored.1)
                var open: [Int64] = []
                for offset in log where offset >= stored.0 {
                    if Int.random(in: 0..<40, using: &generator) == 0 { break }
                    if tracker.see(offset) == .new {
                        #expect(!finished.contains(offset), "seed \(seed): \(offset) is done twice")
                        open.append(offset)
                    }
                    if Bool.random(using: &generator), let index = open.indices.randomElement(using: &generator) {
                        let chosen = open.remove(at: index)
                        tracker.finish(chosen)
                        finished.insert(chosen)
                        _ = tracker.advance()
                        stored = (tracker.nextOffset, tracker.bitmap())
                    }
                }
            }
            #expect(log.allSatisfy { finished.contains($0) }, "seed \(seed)")
        }
    }
}
