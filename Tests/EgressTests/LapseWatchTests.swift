import MeshCore
import Outbox
import Testing

@testable import Egress

/// Who lives isn't answered for, whatever the database's clock does.
@Suite struct LapseWatchTests {
    private let begin = ContinuousClock.now

    private func at(_ seconds: Int) -> ContinuousClock.Instant { begin + .seconds(seconds) }

    private func call(_ id: String, until seconds: Int64 = 0) -> LapsedHTTPCall {
        LapsedHTTPCall(id: id, leaseUntil: Timestamp(microseconds: seconds * 1_000_000))
    }

    @Test func `a lease has passed once it was seen so for half of one`() {
        var watch = LapseWatch(lease: .seconds(8))
        #expect(watch.saw([call("a")], at: at(0)).isEmpty)
        #expect(watch.saw([call("a"), call("b")], at: at(2)).isEmpty)
        #expect(watch.saw([call("a"), call("b")], at: at(4)) == [call("a")])
        #expect(watch.saw([call("b")], at: at(6)) == [call("b")])
        #expect(watch.saw([], at: at(8)).isEmpty)
    }

    /// The clock has stepped forward, or Postgres stood still: all leases have passed at once, and the living renew theirs.
    @Test func `one that is renewed in between begins anew, and so does one that had gone`() {
        var watch = LapseWatch(lease: .seconds(8))
        #expect(watch.saw([call("a"), call("b"), call("c")], at: at(0)).isEmpty)
        // `a` has passed once more, `b` is renewed.
        #expect(watch.saw([call("a", until: 2), call("c")], at: at(2)).isEmpty)
        #expect(watch.saw([call("a", until: 2), call("b"), call("c")], at: at(4)) == [call("c")])
        #expect(watch.saw([call("a", until: 2), call("b")], at: at(6)) == [call("a", until: 2)])
    }

    @Test func `what was seen before a break says nothing`() {
        var watch = LapseWatch(lease: .seconds(8))
        #expect(watch.saw([call("a")], at: at(0)).isEmpty)
        watch.forget()
        #expect(watch.saw([call("a")], at: at(6)).isEmpty)
        #expect(watch.saw([call("a")], at: at(10)) == [call("a")])
    }
}
