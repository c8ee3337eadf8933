import Glibc
import Synchronization

/// SIGINT and SIGTERM as a stream, by the self-pipe trick: the handler only writes a byte.
final class Signals: Sendable {
    private static let pipeEnd = Atomic<Int32>(-1)
    private static let kinds: [Int32] = [SIGINT, SIGTERM]

    /// One element per signal.
    let stream: AsyncStream<Int32>

    /// Takes both signals over for the rest of the process.
    init() {
        var ends: [Int32] = [-1, -1]
        _ = pipe(&ends)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        Signals.pipeEnd.store(ends[1], ordering: .releasing)
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self, bufferingPolicy: .bufferingNewest(4))
        self.stream = stream
        let reader = ends[0]
        Signals.readerThread { Signals.forward(from: reader, to: continuation) }
        for kind in Signals.kinds {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = Signals.handler
            action.sa_flags = SA_RESTART
            sigaction(kind, &action, nil)
        }
    }

    private static let handler: @convention(c) (Int32) -> Void = { kind in
        var byte = UInt8(truncatingIfNeeded: kind)
        let saved = errno
        _ = write(Signals.pipeEnd.load(ordering: .acquiring), &byte, 1)
        errno = saved
    }

    private static func forward(from reader: Int32, to continuation: AsyncStream<Int32>.Continuation) {
        var byte: UInt8 = 0
        while true {
            let count = read(reader, &byte, 1)
            if count == 1 { continuation.yield(Int32(byte)) } else if errno != EINTR { return }
        }
    }

    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// A thread of its own, because it blocks; it lives as long as the process.
    private static func readerThread(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Body(body)).toOpaque()
        pthread_create(
            &thread, nil,
            { pointer in
                if let pointer { Unmanaged<Body>.fromOpaque(pointer).takeRetainedValue().run() }
                return nil
            }, box)
        pthread_detach(thread)
    }
}
