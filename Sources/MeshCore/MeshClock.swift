import Glibc
import Synchronization

/// The time that a mesh's processes agree on: the database's, once one has asked it.
///
/// Between two answers the machine's steady clock goes on, so a wall clock that is wrong or jumps changes neither deadlines nor when timers are due.
package enum MeshClock {
    private static let reference = Mutex(ClockReference())
    /// Of `reference`, for readers without a lock.
    private static let offset = Atomic<Int64>(unset)
    private static let unset = Int64.min

    /// The machine's steady clock in microseconds; it counts while the machine sleeps.
    package static var steady: Int64 { read(CLOCK_BOOTTIME) }

    /// The mesh's time; the machine's wall clock in a process that hasn't asked the database.
    static var microseconds: Int64 {
        let offset = offset.load(ordering: .relaxed)
        return offset == unset ? read(CLOCK_REALTIME) : read(CLOCK_BOOTTIME) + offset
    }

    /// Takes over what the database said its time is, in between two readings of `steady`.
    package static func observe(_ time: Timestamp, askedAt: Int64, answeredAt: Int64) {
        reference.withLock { reference in
            reference.observe(time, askedAt: askedAt, answeredAt: answeredAt)
            offset.store(reference.offset ?? unset, ordering: .relaxed)
        }
    }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}
