import CMicroHTTPD
import Glibc
import MeshCore
import Synchronization

/// Watches what libmicrohttpd doesn't: whether a client goes away while its request waits, and whether it trickles.
///
/// One thread; it sleeps in `epoll_wait` and looks at deadlines about once a second.
final class HTTPConnectionWatch: Sendable {
    private struct State {
        var connections: [ObjectIdentifier: HTTPConnection] = [:]
        var suspended: [UInt64: HTTPExchange] = [:]
        var descriptors: [ObjectIdentifier: (id: UInt64, descriptor: Int32)] = [:]
        var lingering: [UInt64: HTTPLingering] = [:]
        var nextID: UInt64 = 1
        var isClosed = false
    }

    private static let wakeupID: UInt64 = 0

    private let state = Mutex(State())
    private let epoll: Int32
    private let wakeup: Int32
    private let tick: Int32

    init(idleTimeout: Duration) throws(HTTPServerError) {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        wakeup = wasmesh_http_wakeup_make()
        tick = Int32(clamping: min(1000, max(50, idleTimeout.milliseconds / 4)))
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: HTTPConnectionWatch.wakeupID))
        guard epoll >= 0, wakeup >= 0, epoll_ctl(epoll, EPOLL_CTL_ADD, wakeup, &event) == 0 else {
            throw HTTPServerError("no event descriptors: \(String(cString: strerror(errno)))")
        }
        guard DedicatedThread.startIfPossible("http-watch", { [self] in run() }) else {
            throw HTTPServerError("the watching thread could not be started")
        }
    }

    deinit {
        Glibc.close(epoll)
        Glibc.close(wakeup)
    }

    /// Ends the thread.
    func close() {
        state.withLock { $0.isClosed = true }
        wasmesh_http_wakeup_raise(wakeup)
    }

    func opened(_ connection: HTTPConnection) {
        state.withLock { $0.connections[ObjectIdentifier(connection)] = connection }
    }

    /// To be called before the descriptor is closed, so that a deadline never hits another connection with the same number.
    func closed(_ connection: HTTPConnection) {
        state.withLock { state in
            state.connections[ObjectIdentifier(connection)] = nil
            guard connection.lingers, state.lingering.count < HTTPLingering.most else { return }
            guard let lingering = HTTPLingering(connection.descriptor) else { return }
            let id = state.nextID
            state.nextID += 1
            var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: id))
            if epoll_ctl(epoll, EPOLL_CTL_ADD, lingering.descriptor, &event) == 0 {
                state.lingering[id] = lingering
            } else {
                lingering.close()
            }
        }
    }

    /// Cancels the exchange when its client closes the connection.
    func suspended(_ descriptor: Int32, _ exchange: HTTPExchange) {
        state.withLock { state in
            let id = state.nextID
            state.nextID += 1
            var event = epoll_event(
                events: EPOLLRDHUP.rawValue | EPOLLONESHOT.rawValue, data: epoll_data_t(u64: id))
            guard epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 else { return }
            state.suspended[id] = exchange
            state.descriptors[ObjectIdentifier(exchange)] = (id, descriptor)
        }
    }

    /// To be called before the connection is resumed.
    func resumed(_ exchange: HTTPExchange) {
        state.withLock { state in
            guard let (id, descriptor) = state.descriptors.removeValue(forKey: ObjectIdentifier(exchange)) else {
                return
            }
            state.suspended[id] = nil
            epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil)
        }
    }

    private func run() {
        var events = Array(repeating: epoll_event(), count: 64)
        while !state.withLock({ $0.isClosed }) {
            let hasConnections = state.withLock { !$0.connections.isEmpty }
            let count = epoll_wait(epoll, &events, Int32(events.count), hasConnections ? tick : 1000)
            for event in events.prefix(Int(max(0, count))) { handle(event.data.u64) }
            closeLate()
        }
        state.withLock { state in
            for lingering in state.lingering.values { lingering.close() }
            state.lingering = [:]
        }
    }

    private func handle(_ id: UInt64) {
        let exchange = state.withLock { state in
            if state.lingering[id]?.drain() == .over { state.lingering.removeValue(forKey: id)?.close() }
            return state.suspended[id]
        }
        exchange?.cancel()
    }

    /// Shuts connections that are past their deadline; libmicrohttpd then sees their end.
    private func closeLate() {
        let now = ContinuousClock.now
        state.withLock { state in
            for connection in state.connections.values where connection.isLate(now) {
                shutdown(connection.descriptor, Int32(SHUT_RDWR))
            }
            for (id, lingering) in state.lingering where now >= lingering.deadline {
                lingering.close()
                state.lingering[id] = nil
            }
        }
    }
}

extension Duration {
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
