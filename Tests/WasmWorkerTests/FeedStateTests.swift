import TestSupport
import Testing

@testable import WasmWorker

@Suite struct FeedStateTests {
    @Test func `reading begins at the lowest offset once every service is claimed`() {
        var feed = FeedState(services: ["a", "b"])
        let first = feed.ready("a", at: 50)
        #expect(first == .none)
        let second = feed.ready("b", at: 20)
        #expect(second == .read(from: 20))
        let starts = feed.deliver(offsets: [20, 21]).starts
        #expect(starts == ["a": 0, "b": 0])
    }

    @Test func `a service that goes back sees nothing from before its seek took effect`() {
        var feed = FeedState(services: ["a", "b"])
        _ = feed.ready("a", at: 0)
        _ = feed.ready("b", at: 0)
        _ = feed.deliver(offsets: Array(0..<100))
        feed.claiming("b")
        let action = feed.ready("b", at: 40)
        #expect(action == .read(from: 40))
        // From the old position: only the one that goes on.
        var starts = feed.deliver(offsets: [100, 101]).starts
        #expect(starts == ["a": 0])
        // A batch in which the seek takes effect.
        starts = feed.deliver(offsets: [102, 40, 41]).starts
        #expect(starts == ["a": 0, "b": 1])
    }

    @Test func `fetching pauses while any service is full`() {
        var feed = FeedState(services: ["a", "b"])
        var changes = [feed.setPausing("a", true), feed.setPausing("b", true), feed.setPausing("a", false)]
        #expect(changes == [true, false, false])
        changes = [feed.setPausing("b", false)]
        #expect(changes == [true])
    }

    /// Whatever is claimed anew and whenever seeks take effect: each service sees its records without a gap.
    @Test func `no service misses a record`() {
        var generator = Seed()
        for _ in 0..<300 {
            var feed = FeedState(services: ["a", "b", "c"])
            var next: [String: Int64] = ["a": 0, "b": 3, "c": 5]
            var fetchPosition: Int64?
            var seeks: [Int64] = []
            for service in ["a", "b", "c"] {
                if case .read(let offset) = feed.ready(service, at: next[service] ?? 0) { fetchPosition = offset }
            }
            for _ in 0..<200 {
                if generator.chance(0.1), let service = ["a", "b", "c"].randomElement(using: &generator) {
                    feed.claiming(service)
                    // It was told less than it had seen: what wasn't committed is read again.
                    next[service] = max(0, (next[service] ?? 0) - Int64(generator.integer(in: 0...5)))
                    if case .read(let offset) = feed.ready(service, at: next[service] ?? 0) { seeks.append(offset) }
                }
                // Seeks take effect late, in order, and sometimes in the middle of a batch.
                var offsets: [Int64] = []
                for _ in 0..<generator.integer(in: 1...6) {
                    if !seeks.isEmpty, generator.chance(0.3) { fetchPosition = seeks.removeFirst() }
                    offsets.append(fetchPosition ?? 0)
                    fetchPosition = (fetchPosition ?? 0) + 1
                }
                let (starts, action) = feed.deliver(offsets: offsets)
                if case .read(let offset) = action { seeks.append(offset) }
                for (service, start) in starts {
                    for offset in offsets[start...] where offset >= next[service] ?? 0 {
                        #expect(offset == next[service], "seed \(generator.value)")
                        next[service] = offset + 1
                    }
                }
            }
        }
    }
}
