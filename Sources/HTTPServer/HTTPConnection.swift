import Synchronization

/// A client's connection, with the time until which it must have sent what is due.
final class HTTPConnection: Sendable {
    let descriptor: Int32
    let remoteAddress: String
    private let deadline: Mutex<ContinuousClock.Instant?>
    private let isRefused = Atomic<Bool>(false)

    init(descriptor: Int32, remoteAddress: String, deadline: ContinuousClock.Instant) {
        self.descriptor = descriptor
        self.remoteAddress = remoteAddress
        self.deadline = Mutex(deadline)
    }

    /// Its request was refused while the client may still be sending the body.
    func refuse() { isRefused.store(true, ordering: .relaxed) }
    var lingers: Bool { isRefused.load(ordering: .relaxed) }

    /// Sets the deadline for what is due now; nil while it is our turn.
    func expect(within limit: Duration?) { deadline.withLock { $0 = limit.map { .now + $0 } } }

    func isLate(_ now: ContinuousClock.Instant) -> Bool { deadline.withLock { $0.map { now >= $0 } ?? false } }
}
