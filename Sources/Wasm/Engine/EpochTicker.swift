import CWasmtime
import Glibc
import Synchronization

/// Raises an engine's epoch on a thread of its own while anything runs, and sleeps otherwise, so that an idle process costs nothing.
///
/// Unchecked: everything that changes is atomic or guarded by the semaphore; `engine` is a thread-safe C object that its
/// owner deletes only after `stop()` has joined the thread.
final class EpochTicker: @unchecked Sendable {
    private let engine: OpaquePointer
    private let tickMicroseconds: UInt32
    private let wakeUp: UnsafeMutablePointer<sem_t>
    /// Executions under way.
    private let running = Atomic<Int>(0)
    private let isAsleep = Atomic<Bool>(false)
    private let isStopping = Atomic<Bool>(false)
    private let thread = Mutex<pthread_t?>(nil)

    /// So many ticks without an execution send the thread to sleep.
    private static let idleTicks = 40

    init(engine: OpaquePointer, tick: Duration) {
        self.engine = engine
        self.tickMicroseconds = UInt32(clamping: max(1000, tick.wholeNanoseconds / 1000))
        self.wakeUp = .allocate(capacity: 1)
        sem_init(wakeUp, 0, 0)
    }

    deinit {
        sem_destroy(wakeUp)
        wakeUp.deallocate()
    }

    /// Starts the thread; false where the system gives none.
    func start() -> Bool {
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(self)
        let result = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<EpochTicker>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, argument.toOpaque())
        guard result == 0 else {
            argument.release()
            return false
        }
        self.thread.withLock { $0 = thread }
        return true
    }

    /// Ends the thread; the engine isn't used afterwards.
    func stop() {
        isStopping.store(true, ordering: .sequentiallyConsistent)
        sem_post(wakeUp)
        let thread = self.thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        if let thread { pthread_join(thread, nil) }
    }

    /// Says that an execution begins; the epoch rises until as many have ended.
    func begin() {
        running.add(1, ordering: .sequentiallyConsistent)
        // The other side stores `isAsleep` and then looks at `running` again: one of the two sees the other.
        if isAsleep.load(ordering: .sequentiallyConsistent) { sem_post(wakeUp) }
    }

    /// Whether the thread has stopped ticking because nothing runs.
    var isSleeping: Bool { isAsleep.load(ordering: .sequentiallyConsistent) }

    func end() { running.subtract(1, ordering: .releasing) }

    private func run() {
        var idle = 0
        while !isStopping.load(ordering: .relaxed) {
            idle = running.load(ordering: .relaxed) == 0 ? idle + 1 : 0
            if idle > EpochTicker.idleTicks {
                sleepUntilNeeded()
                idle = 0
            }
            usleep(tickMicroseconds)
            wasmtime_engine_increment_epoch(engine)
        }
    }

    private func sleepUntilNeeded() {
        isAsleep.store(true, ordering: .sequentiallyConsistent)
        while running.load(ordering: .sequentiallyConsistent) == 0, !isStopping.load(ordering: .relaxed) {
            _ = sem_wait(wakeUp)
        }
        isAsleep.store(false, ordering: .sequentiallyConsistent)
    }
}
