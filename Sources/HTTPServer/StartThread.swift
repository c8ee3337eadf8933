import CSystem
import Glibc

/// Starts a detached thread that runs `body`; false where the system has none left.
func startThread(_ name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
    final class Body: Sendable {
        let name: String
        let run: @Sendable () -> Void
        init(_ name: String, _ run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }
    var thread = pthread_t()
    let box = Unmanaged.passRetained(Body(name, body))
    let failure = pthread_create(
        &thread, nil,
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
    pthread_detach(thread)
    return true
}
