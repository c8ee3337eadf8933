internal import CSystem
internal import Glibc

/// Threads for blocking C calls, which must never hold a thread of the cooperative pool.
package enum DedicatedThread {
    /// Runs `body` on a new detached thread named `name` (cut to 15 bytes, the system's limit).
    package static func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
        precondition(startIfPossible(name, body), "no thread could be started: the process is out of threads")
    }

    /// As `start`; false, and `body` never runs, where the system has no thread left. `stackBytes`: nil for the system's usual size.
    package static func startIfPossible(
        _ name: String, stackBytes: Int? = nil, _ body: @escaping @Sendable () -> Void
    ) -> Bool {
        let box = Unmanaged.passRetained(Body(name: String(name.prefix(15)), run: body))
        var thread = pthread_t()
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        if let stackBytes { pthread_attr_setstacksize(&attributes, stackBytes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        let failure = pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument else { return nil }
                let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
                wasmesh_name_thread(body.name)
                body.run()
                return nil
            }, box.toOpaque())
        guard failure == 0 else {
            box.release()
            return false
        }
        return true
    }

    private final class Body: Sendable {
        let name: String
        let run: @Sendable () -> Void

        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }
}
