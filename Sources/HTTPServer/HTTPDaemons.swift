import CMicroHTTPD
import Glibc
import MeshCore
import Synchronization

/// libmicrohttpd's daemons: one per thread, each with a duplicate of the listening socket.
///
/// Daemons of one thread each rather than a thread pool, because `MHD_quiesce_daemon` of a pool can abort the process when a thread of the
/// pool takes the listening socket out of its epoll set at the same time.
///
/// `@unchecked Sendable`: the daemons are started in `init`; `refuseConnections` and `stop` act once, behind the lock.
final class HTTPDaemons: @unchecked Sendable {
    private struct State {
        /// As numbers, since pointers aren't `Sendable`.
        var daemons: [UInt] = []
        var isQuiesced = false
    }

    private let state = Mutex(State())
    /// What the callbacks get; lives as long as the daemons.
    private let context: Unmanaged<HTTPExchanges>

    init(
        _ configuration: HTTPServer.Configuration, listener: borrowing HTTPListener, exchanges: HTTPExchanges
    ) throws(HTTPServerError) {
        let context = Unmanaged.passRetained(exchanges)
        self.context = context
        let threads = max(1, configuration.threads)
        var started: [OpaquePointer] = []
        for _ in 0..<threads {
            let descriptor = fcntl(listener.descriptor, F_DUPFD_CLOEXEC, 0)
            let daemon = descriptor < 0 ? nil : HTTPDaemons.start(configuration, descriptor, threads, context)
            guard let daemon else {
                started.forEach { MHD_stop_daemon($0) }
                context.release()
                throw HTTPServerError("libmicrohttpd could not be started: \(String(cString: strerror(errno)))")
            }
            started.append(daemon)
        }
        let daemons = started.map { UInt(bitPattern: $0) }
        state.withLock { $0.daemons = daemons }
    }

    private static func start(
        _ configuration: HTTPServer.Configuration, _ descriptor: Int32, _ threads: Int,
        _ context: Unmanaged<HTTPExchanges>
    ) -> OpaquePointer? {
        let callbacks = wasmesh_http_callbacks(
            context: context.toOpaque(), access: httpAccess, completed: httpCompleted, connection: httpConnection,
            log: { line in
                guard let line else { return }
                HTTPServer.log.debug(String(String(cString: line).prefix { $0 != "\n" }))
            })
        return wasmesh_http_start(
            descriptor, UInt32(max(1, configuration.connectionLimit / threads)),
            UInt32(clamping: max(1, configuration.idleTimeout.components.seconds)),
            // Room for the parsed fields and the answer's headers as well.
            configuration.maxHeaderBytes * 2 + 8192, callbacks)
    }

    /// Closes the listening sockets.
    func refuseConnections() {
        state.withLock { state in
            guard !state.isQuiesced else { return }
            state.isQuiesced = true
            for daemon in state.daemons {
                let descriptor = MHD_quiesce_daemon(OpaquePointer(bitPattern: daemon))
                if descriptor >= 0 { close(descriptor) }
            }
        }
    }

    /// Ends the daemons and their connections; no connection may be suspended.
    func stop() async {
        let daemons = state.withLock { state in
            defer { state.daemons = [] }
            return state.daemons
        }
        guard !daemons.isEmpty else { return }
        let context = UInt(bitPattern: self.context.toOpaque())
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let stop: @Sendable () -> Void = {
                for daemon in daemons { MHD_stop_daemon(OpaquePointer(bitPattern: daemon)) }
                if let context = UnsafeRawPointer(bitPattern: context) {
                    Unmanaged<HTTPExchanges>.fromOpaque(context).release()
                }
                continuation.resume()
            }
            // Stopping waits for the daemons' threads.
            if !DedicatedThread.startIfPossible("http-stop", stop) { stop() }
        }
    }
}
