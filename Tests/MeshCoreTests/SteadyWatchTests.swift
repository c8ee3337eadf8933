import MeshCore
import Testing

/// What is seen in passing isn't taken for what stands still.
@Suite struct SteadyWatchTests {
    private struct Thing: Hashable {
        let name: String
        var version = 0
    }

    private let begin = ContinuousClock.now
    private let a = Thing(name: "a")
    private let b = Thing(name: "b")
    private let c = Thing(name: "c")
    private let changed = Thing(name: "a", version: 1)

    private func at(_ seconds: Int) -> ContinuousClock.Instant { begin + .seconds(seconds) }

    @Test func `a thing stands still once it was seen for so long`() {
        var watch = SteadyWatch<Thing>(patience: .seconds(4))
        #expect(watch.saw([a], at: at(0)).isEmpty)
        #expect(watch.saw([a, b], at: at(2)).isEmpty)
        #expect(watch.saw([a, b], at: at(4)) == [a])
        #expect(watch.saw([b], at: at(6)) == [b])
        #expect(watch.saw([], at: at(8)).isEmpty)
    }

    @Test func `one that changed in between begins anew, and so does one that had gone`() {
        var watch = SteadyWatch<Thing>(patience: .seconds(4))
        #expect(watch.saw([a, b, c], at: at(0)).isEmpty)
        #expect(watch.saw([changed, c], at: at(2)).isEmpty)
        #expect(watch.saw([changed, b, c], at: at(4)) == [c])
        #expect(watch.saw([changed, b], at: at(6)) == [changed])
    }

    @Test func `what was seen before a break says nothing`() {
        var watch = SteadyWatch<Thing>(patience: .seconds(4))
        #expect(watch.saw([a], at: at(0)).isEmpty)
        watch.forget()
        #expect(watch.saw([a], at: at(6)).isEmpty)
        #expect(watch.saw([a], at: at(10)) == [a])
    }
}
