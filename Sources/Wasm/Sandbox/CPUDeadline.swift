import Glibc

/// How much CPU time of its thread an execution may still use.
///
/// Looked at only when an epoch ends, so that a short execution never asks for the time. Time on the processor is what counts: a
/// process that was stopped, or a machine that is busy with others, kills nobody.
struct CPUDeadline {
    private let limit: Int64
    private let tick: Int64
    private var start: Int64?

    init(limit: Duration, tick: Duration) {
        self.limit = limit.wholeNanoseconds
        self.tick = max(1, tick.wholeNanoseconds)
        // With a limit near the length of an epoch the start must be exact.
        if self.limit < self.tick * 4 { start = CPUDeadline.threadTime() }
    }

    /// Called at the end of an epoch, on the execution's thread: the epochs to go on for, nil when the time is used up.
    mutating func epochEnded() -> UInt64? {
        let now = CPUDeadline.threadTime()
        // The execution began somewhere within the epoch that has just ended.
        let start = self.start ?? now - tick / 2
        self.start = start
        let left = limit - (now - start)
        return left <= 0 ? nil : UInt64((left + tick - 1) / tick)
    }

    /// Doesn't count time that this thread spent for another execution. Before the first epoch has ended there is nothing to do:
    /// the start is then taken to lie within the epoch that ends next.
    mutating func exclude(_ nanoseconds: Int64) {
        if let start { self.start = start + nanoseconds }
    }

    /// The CPU time of this thread in nanoseconds.
    static func threadTime() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

extension Duration {
    /// In nanoseconds, held between 0 and a century.
    var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return min(max(seconds, 0), 3_155_760_000) * 1_000_000_000 + max(attoseconds, 0) / 1_000_000_000
    }
}
