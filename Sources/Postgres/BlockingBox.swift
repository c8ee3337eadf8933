import Glibc
import Synchronization

/// A place where one thread leaves a value and another waits for it.
///
/// `@unchecked Sendable`: the semaphore is thread-safe by its contract; it is made in `init` and destroyed in `deinit`.
final class BlockingBox<Value: Sendable>: @unchecked Sendable {
    private let value = Mutex<Value?>(nil)
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { sem_init(semaphore, 0, 0) }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func put(_ value: sending Value) {
        self.value.withLock { $0 = value }
        sem_post(semaphore)
    }

    /// Blocks until `put` was called.
    func take() -> Value {
        while true {
            while sem_wait(semaphore) != 0 {}
            if let value = value.withLock(\.self) { return value }
        }
    }
}
