import Glibc

/// A refused connection whose client may still be sending.
///
/// Closing it at once would make the kernel answer the rest of the body with a reset, which can overtake the refusal: the client would see a
/// broken connection instead of a 413. So a duplicate of the descriptor stays open a little, and what comes is thrown away.
struct HTTPLingering {
    enum Outcome {
        case goesOn, over
    }

    /// How many connections may linger at once; the others are closed at once.
    static let most = 64

    let descriptor: Int32
    let deadline = ContinuousClock.now + .seconds(2)
    private var bytesLeft = 64 << 20

    init?(_ original: Int32) {
        descriptor = fcntl(original, F_DUPFD_CLOEXEC, 0)
        guard descriptor >= 0 else { return nil }
    }

    /// Throws away what has come; over when the client is done, or has sent too much.
    mutating func drain() -> Outcome {
        withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 1) { buffer in
            // A few rounds, so that one fast client doesn't hold up the others.
            for _ in 0..<16 {
                let count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
                if count < 0 { return errno == EAGAIN || errno == EINTR ? .goesOn : .over }
                bytesLeft -= count
                if count == 0 || bytesLeft < 0 { return .over }
            }
            return .goesOn
        }
    }

    func close() { Glibc.close(descriptor) }
}
