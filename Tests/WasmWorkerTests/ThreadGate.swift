import Dispatch
import Synchronization

/// Blocks threads until it is opened.
final class ThreadGate: Sendable {
    private let isOpen = Atomic<Bool>(false)
    private let turnstile = DispatchSemaphore(value: 0)

    var hasOpened: Bool { isOpen.load(ordering: .acquiring) }

    func wait() {
        turnstile.wait()
        // One signal is for one thread: whoever has passed lets the next one pass.
        turnstile.signal()
    }

    func open() {
        isOpen.store(true, ordering: .releasing)
        turnstile.signal()
    }
}
