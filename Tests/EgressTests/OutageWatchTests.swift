import Testing

@testable import Egress

/// Who lives isn't answered for, however long Postgres was away.
@Suite struct OutageWatchTests {
    private let begin = ContinuousClock.now

    /// A watch over leases of eight seconds, renewed every two since `begin` for so many seconds.
    private func watch(for seconds: Int) -> OutageWatch {
        var watch = OutageWatch(lease: .seconds(8), now: begin)
        for second in stride(from: 2, through: seconds, by: 2) { watch.renewed(from: at(second), to: at(second)) }
        return watch
    }

    private func at(_ second: Int) -> ContinuousClock.Instant { begin + .seconds(second) }

    @Test func `others are answered for after one whole lease`() {
        #expect(!watch(for: 8).mayAnswerForOthers(at: at(8)))
        #expect(watch(for: 10).mayAnswerForOthers(at: at(10)))
    }

    @Test func `a renewal that failed, and one that waited for long, begin a lease anew`() {
        var failed = watch(for: 10)
        failed.failed(at: at(12))
        var waited = watch(for: 10)
        // Postgres stood still, and nobody was told of an error.
        waited.renewed(from: at(10), to: at(12))
        for watch in [failed, waited] {
            #expect(!watch.mayAnswerForOthers(at: at(12)))
            #expect(!watch.mayAnswerForOthers(at: at(20)))
            #expect(watch.mayAnswerForOthers(at: at(21)))
        }
    }

    @Test func `a renewal that took a moment begins nothing anew`() {
        var watch = watch(for: 10)
        watch.renewed(from: at(10), to: at(11))
        #expect(watch.mayAnswerForOthers(at: at(11)))
    }
}
