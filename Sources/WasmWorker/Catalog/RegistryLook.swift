import MeshCore
import Synchronization

/// When this worker last looked what is deployed: whatever was deployed before that, it knows.
///
/// A router may have accepted a message by a package that this worker hasn't heard of yet.
final class RegistryLook: Sendable {
    /// Microseconds since 1970; 0 where nobody looks, as in a catalog that is all there is.
    private let began = Atomic<Int64>(0)

    /// How far the clocks of router and worker may be apart.
    private static let skew: Int64 = 200_000

    /// What was deployed when the look began, `time`, is being served.
    func isDone(begunAt time: Timestamp) { began.store(time.microseconds, ordering: .relaxed) }

    /// Whether a message that doesn't fit what is deployed would fit something that this worker is yet to hear of.
    ///
    /// Its own time may be made up, so it counts only up to when it was seen here first.
    func mayBeBehind(_ message: Message, seenAt: Timestamp) -> Bool {
        let began = began.load(ordering: .relaxed)
        let accepted = min(message.time.microseconds, seenAt.microseconds)
        return began > 0 && accepted > began - RegistryLook.skew
    }
}
