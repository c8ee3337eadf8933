import Glibc
import MeshCore

/// Threads that run guests.
///
/// `threads` of them run all the time. Where work waits and none of it was taken up for `slowAfter`, a spare thread
/// takes it, up to `spares` more, so that slow handlers don't hold up other keys; spare threads end when the work does.
///
/// Unchecked: everything mutable is guarded by `lock`.
final class ExecutionPool: GuestThreads, @unchecked Sendable {
    typealias Job = @Sendable () -> Void

    private struct Queued {
        /// Nil once a thread has it.
        var job: Job?
        let since: ContinuousClock.Instant
    }

    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let workWaits = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let monitorWaits = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let threads: Int
    private let spares: Int
    private let slowAfter: Duration

    private var jobs: [Queued] = []
    private var head = 0
    private var lastTaken = ContinuousClock.now
    private var alive = 0
    private var idle = 0
    private var isStopped = false

    init(threads: Int, spares: Int, slowAfter: Duration = .milliseconds(10)) {
        self.threads = max(1, threads)
        self.spares = max(0, spares)
        self.slowAfter = slowAfter
        pthread_mutex_init(lock, nil)
        pthread_cond_init(workWaits, nil)
        initMonitorWaits()
        alive = self.threads
        for _ in 0..<self.threads { start("guests") { $0.work() } }
        start("guests-watch") { $0.monitor() }
    }

    deinit {
        pthread_cond_destroy(workWaits)
        pthread_cond_destroy(monitorWaits)
        pthread_mutex_destroy(lock)
        lock.deallocate()
        workWaits.deallocate()
        monitorWaits.deallocate()
    }

    /// Queues jobs in order; their number is bounded by the partitions' limits.
    func submit(_ new: [Job]) {
        guard !new.isEmpty else { return }
        let now = ContinuousClock.now
        pthread_mutex_lock(lock)
        for job in new { jobs.append(Queued(job: job, since: now)) }
        if idle > 0 { if new.count == 1 { pthread_cond_signal(workWaits) } else { pthread_cond_broadcast(workWaits) } }
        // A thread that was called and hasn't woken counts as idle still, and has been given what was queued before.
        if idle < jobs.count - head { pthread_cond_signal(monitorWaits) }
        pthread_mutex_unlock(lock)
    }

    /// Ends the threads after the jobs they are in; queued ones are dropped. The pool lives until they have ended.
    func stop() {
        pthread_mutex_lock(lock)
        isStopped = true
        jobs = []
        head = 0
        pthread_cond_broadcast(workWaits)
        pthread_cond_broadcast(monitorWaits)
        pthread_mutex_unlock(lock)
    }

    /// A guest's stack is Wasmtime's concern, within the thread's. False where the system has no thread left.
    @discardableResult
    private func start(_ name: String, _ body: @escaping @Sendable (ExecutionPool) -> Void) -> Bool {
        DedicatedThread.startIfPossible(name, stackBytes: 8 << 20) { body(self) }
    }

    private func work() {
        pthread_mutex_lock(lock)
        while !isStopped {
            guard head < jobs.count else {
                if alive > threads { break }
                idle += 1
                pthread_cond_wait(workWaits, lock)
                idle -= 1
                continue
            }
            let job = jobs[head].job.take()
            head += 1
            lastTaken = ContinuousClock.now
            if head == jobs.count {
                jobs.removeAll(keepingCapacity: true)
                head = 0
            } else if head > 4096 {
                jobs.removeFirst(head)
                head = 0
            }
            pthread_mutex_unlock(lock)
            job?()
            pthread_mutex_lock(lock)
        }
        alive -= 1
        pthread_mutex_unlock(lock)
    }

    /// Watches for work that waits behind slow runs, or that an idle thread was called for and didn't come.
    private func monitor() {
        pthread_mutex_lock(lock)
        while !isStopped {
            guard head < jobs.count else {
                waitAsMonitor()
                continue
            }
            let waited = ContinuousClock.now - max(jobs[head].since, lastTaken)
            if waited >= slowAfter {
                if idle > 0 {
                    // glibc before 2.41 may lose a call (its bug 25847).
                    pthread_cond_broadcast(workWaits)
                } else if alive < threads + spares {
                    alive += 1
                    if !start("guests-spare", { $0.work() }) { alive -= 1 }
                }
            }
            pthread_mutex_unlock(lock)
            usleep(UInt32(max(1, slowAfter.components.attoseconds / 1_000_000_000_000)))
            pthread_mutex_lock(lock)
        }
        pthread_mutex_unlock(lock)
    }

    // MARK: The monitor's wait, which no clock that is set disturbs

    private func initMonitorWaits() {
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(monitorWaits, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    /// Until it is called, or for half a second: work that idle threads were called for is looked after too.
    private func waitAsMonitor() {
        var until = timespec()
        clock_gettime(CLOCK_MONOTONIC, &until)
        until.tv_nsec += 500_000_000
        if until.tv_nsec >= 1_000_000_000 {
            until.tv_sec += 1
            until.tv_nsec -= 1_000_000_000
        }
        pthread_cond_timedwait(monitorWaits, lock, &until)
    }
}
