internal import Glibc
internal import MeshCore

/// One thread that runs jobs in order, for blocking calls; each accepted job is run exactly once.
///
/// `@unchecked Sendable`: what changes is guarded by the mutex, and the mutex and condition live as long as the object.
final class SerialThread: @unchecked Sendable {
    /// Learns whether the thread was closed before its turn came.
    typealias Job = @Sendable (_ isClosed: Bool) -> Void

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var jobs: [Job] = []
    private var last: (@Sendable () -> Void)?
    private var closers: [@Sendable () -> Void] = []
    private var isOver = false

    init(_ name: String) {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
        DedicatedThread.start(name) { [self] in run() }
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    /// Appends a job; false when the thread is closed.
    func perform(_ job: @escaping Job) -> Bool {
        locked {
            if last != nil { return false }
            jobs.append(job)
            pthread_cond_signal(changed)
            return true
        }
    }

    /// Lets what waits end as closed, runs `last` on the thread (the first caller's only), then calls every `done`.
    func close(_ last: @escaping @Sendable () -> Void, done: @escaping @Sendable () -> Void = {}) {
        let isOver = locked {
            if !self.isOver { closers.append(done) }
            if self.last == nil { self.last = last }
            pthread_cond_signal(changed)
            return self.isOver
        }
        if isOver { done() }
    }

    private func run() {
        while let (job, isClosed) = next() { job(isClosed) }
        last?()
        let closers = locked {
            isOver = true
            return self.closers
        }
        for done in closers { done() }
    }

    private func next() -> (Job, Bool)? {
        locked {
            while jobs.isEmpty, last == nil { pthread_cond_wait(changed, mutex) }
            return jobs.isEmpty ? nil : (jobs.removeFirst(), last != nil)
        }
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }
}
