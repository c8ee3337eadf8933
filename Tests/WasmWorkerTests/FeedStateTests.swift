import TestSupport
import Testing

@testable import WasmWorker

@Suite struct FeedStateTests {
    @Test func `reading begins at the lowest offset once every service is claimed`() {
        var feed = FeedState(services: ["a", "b"])
        let first = feed.ready("a", at: 50)
        #expect(first == .none)
        let second = feed.ready("b", at: 20)
        #expect(second == .read(from: 20, ticket: 1))
        // Nothing is taken from before that has begun.
        var takers = feed.deliver(upTo: 70)
        #expect(takers.isEmpty)
        _ = feed.started(ticket: 1)
        takers = feed.deliver(upTo: 21)
        #expect(Set(takers) == ["a", "b"])
    }

    @Test func `a service that can't be claimed keeps nobody from reading`() {
        var feed = FeedState(services: ["a", "b"])
        _ = feed.ready("a", at: 50)
        let action = feed.reclaiming("b")
        #expect(action == .read(from: 50, ticket: 1))
    }

    @Test func `a service that goes back sees nothing from before its reading began`() {
        var feed = FeedState(services: ["a", "b"])
        _ = feed.ready("a", at: 0)
        _ = feed.ready("b", at: 0)
        _ = feed.started(ticket: 1)
        _ = feed.deliver(upTo: 99)
        _ = feed.reclaiming("b")
        let action = feed.ready("b", at: 40)
        #expect(action == .read(from: 40, ticket: 2))
        // From the old position: only the one that goes on. What somebody else asked for changes nothing.
        _ = feed.started(ticket: 7)
        var takers = feed.deliver(upTo: 101)
        #expect(takers == ["a"])
        _ = feed.started(ticket: 2)
        takers = feed.deliver(upTo: 41)
        #expect(Set(takers) == ["a", "b"])
    }

    @Test func `after a halt reading begins anew, even at the offset where it stood`() {
        var feed = FeedState(services: ["a"])
        _ = feed.ready("a", at: 14)
        _ = feed.started(ticket: 1)
        feed.halted()
        _ = feed.reclaiming("a")
        let action = feed.ready("a", at: 14)
        #expect(action == .read(from: 14, ticket: 2))
    }

    @Test func `fetching pauses while any service is full`() {
        var feed = FeedState(services: ["a", "b"])
        var changes = [feed.setPausing("a", true), feed.setPausing("b", true), feed.setPausing("a", false)]
        #expect(changes == [true, false, false])
        changes = [feed.setPausing("b", false)]
        #expect(changes == [true])
    }

    @Test func `a service that is claimed anew or gone holds fetching up no longer`() {
        var feed = FeedState(services: ["a", "b"])
        _ = feed.setPausing("a", true)
        _ = feed.reclaiming("a")
        var isChanged = feed.setPausing("a", false)
        #expect(isChanged)
        _ = feed.setPausing("b", true)
        _ = feed.remove("b")
        isChanged = feed.setPausing("b", false)
        #expect(isChanged && feed.pausing.isEmpty)
    }

    /// Whatever is claimed anew and however late a reading begins: each service sees its records without a gap.
    @Test func `no service misses a record`() {
        var generator = Seed()
        for _ in 0..<300 {
            var feed = FeedState(services: ["a", "b", "c"])
            var next: [String: Int64] = ["a": 0, "b": 3, "c": 5]
            var position: Int64?
            var asked: [(offset: Int64, ticket: UInt64)] = []
            func note(_ action: FeedState.Action) {
                if case .read(let offset, let ticket) = action { asked.append((offset, ticket)) }
            }
            for service in ["a", "b", "c"] { note(feed.ready(service, at: next[service] ?? 0)) }
            for _ in 0..<200 {
                if generator.chance(0.1), let service = ["a", "b", "c"].randomElement(using: &generator) {
                    note(feed.reclaiming(service))
                    // It was told less than it had seen: what wasn't committed is read again.
                    next[service] = max(0, (next[service] ?? 0) - Int64(generator.integer(in: 0...5)))
                    note(feed.ready(service, at: next[service] ?? 0))
                }
                if generator.chance(0.02) {
                    feed.halted()
                    for service in ["a", "b", "c"] {
                        note(feed.reclaiming(service))
                        note(feed.ready(service, at: next[service] ?? 0))
                    }
                }
                if !asked.isEmpty, generator.chance(0.3) {
                    let (offset, ticket) = asked.removeFirst()
                    position = offset
                    note(feed.started(ticket: ticket))
                }
                guard let first = position else { continue }
                let last = first + Int64(generator.integer(in: 0...5))
                position = last + 1
                for service in feed.deliver(upTo: last) {
                    for offset in first...last where offset >= next[service] ?? 0 {
                        #expect(offset == next[service], "seed \(generator.value)")
                        next[service] = offset + 1
                    }
                }
            }
            #expect(next.values.allSatisfy { $0 > 20 }, "seed \(generator.value)")
        }
    }
}
