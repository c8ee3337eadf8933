import MeshCore
import Synchronization
import Testing

@testable import WasmWorker

@Suite struct AlarmTests {
    private final class Sleepers: Sendable {
        private let count = Atomic<Int>(0)
        var asleep: Int { count.load(ordering: .sequentiallyConsistent) }

        /// Sleeps until it is cancelled; short sleeps end at once.
        func sleep(_ duration: Duration) async throws {
            if duration < .seconds(1) { return }
            count.add(1, ordering: .sequentiallyConsistent)
            defer { count.subtract(1, ordering: .sequentiallyConsistent) }
            try await Task.sleep(for: duration)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `however often it is set, one sleep is under way`() async {
        let sleepers = Sleepers()
        let (rings, bell) = AsyncStream<Void>.makeStream()
        var ringing = rings.makeAsyncIterator()
        var alarm = Alarm(sleep: { try await sleepers.sleep($0) }, ring: { bell.yield() })
        let now = Timestamp(microseconds: 0)
        for _ in 0..<200 {
            // The next timer is due in days, the next commit in a moment.
            alarm.set(now.advanced(by: .seconds(300_000)), now: now)
            alarm.set(now.advanced(by: .milliseconds(2)), now: now)
            await ringing.next()
            alarm.rang()
        }
        alarm.set(now.advanced(by: .seconds(300_000)), now: now)
        while sleepers.asleep != 1 { await Task.yield() }
        alarm.stop()
        while sleepers.asleep != 0 { await Task.yield() }
    }

    @Test(.timeLimit(.minutes(1)))
    func `it rings at the earliest time that was asked for`() async {
        let (rings, bell) = AsyncStream<Void>.makeStream()
        var ringing = rings.makeAsyncIterator()
        var alarm = Alarm { bell.yield() }
        let now = Timestamp(microseconds: 0)
        alarm.set(now.advanced(by: .seconds(300_000)), now: now)
        alarm.set(now.advanced(by: .milliseconds(1)), now: now)
        alarm.set(now.advanced(by: .seconds(300_000)), now: now)
        await ringing.next()
    }

    @Test func `it never sleeps long, as the clock may be set`() async {
        let (sleeps, asked) = AsyncStream<Duration>.makeStream()
        var alarm = Alarm(sleep: { asked.yield($0) }, ring: {})
        let now = Timestamp(microseconds: 0)
        var asleep = sleeps.makeAsyncIterator()
        for (wait, expected) in [
            (Duration.seconds(300_000), Alarm.longest), (.seconds(2), .seconds(2)), (.seconds(-3), .zero),
        ] {
            alarm.set(now.advanced(by: wait), now: now)
            #expect(await asleep.next() == expected)
            alarm.stop()
        }
    }
}
