import MeshCore

/// One wake-up under way at most: the earliest that was asked for.
///
/// A sleep that is no longer wanted is cancelled. What is due next may be days away, and it is asked for again after each of the many
/// short waits before it: sleeps that were only forgotten would add up without a bound.
///
/// It may ring early: times are the database's, which may be set, and a sleep isn't. Whoever hears it looks at the time.
struct Alarm {
    /// The longest sleep.
    static let longest = Duration.seconds(5)

    private let sleep: @Sendable (Duration) async throws -> Void
    private let ring: @Sendable () -> Void
    private var pending: (time: Timestamp, task: Task<Void, Never>)?

    init(
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        ring: @escaping @Sendable () -> Void
    ) {
        self.sleep = sleep
        self.ring = ring
    }

    /// Rings at `time`, or earlier where that was asked for before, and after `longest` in any case; what was to ring later doesn't.
    mutating func set(_ wanted: Timestamp, now: Timestamp) {
        let time = min(wanted, now.advanced(by: Alarm.longest))
        if let pending, pending.time <= time { return }
        stop()
        let delay = Duration.microseconds(max(0, time.microseconds - now.microseconds))
        let task = Task { [sleep, ring] in
            do { try await sleep(delay) } catch { return }
            ring()
        }
        pending = (time, task)
    }

    /// To be called when it has rung.
    mutating func rang() { pending = nil }

    /// Rings no more.
    mutating func stop() {
        pending?.task.cancel()
        pending = nil
    }
}
