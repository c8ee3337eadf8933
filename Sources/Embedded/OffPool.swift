internal import Glibc
internal import Kafka
internal import MeshCore

/// Runs blocking work on a thread of its own, so that it never holds one of the cooperative pool.
func offPool<Value: Sendable>(
    _ name: String, _ body: @escaping @Sendable () throws(EmbeddedError) -> Value
) async throws(EmbeddedError) -> Value {
    let result: Result<Value, EmbeddedError> = await withCheckedContinuation { continuation in
        DedicatedThread.start(name) {
            do throws(EmbeddedError) { continuation.resume(returning: .success(try body())) } catch {
                continuation.resume(returning: .failure(error))
            }
        }
    }
    return try result.get()
}

/// Tries `condition` every few milliseconds until it holds, for what can only be polled (another process's files and
/// ports); false when `limit` passed first.
func poll(within limit: Duration, _ condition: () throws(EmbeddedError) -> Bool) throws(EmbeddedError) -> Bool {
    let deadline = ContinuousClock.now + limit
    while true {
        if try condition() { return true }
        if ContinuousClock.now >= deadline { return false }
        usleep(2000)
    }
}
