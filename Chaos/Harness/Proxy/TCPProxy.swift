internal import Embedded
internal import Glibc
internal import MeshCore
internal import Synchronization

/// Stands between the mesh and a server, and spoils connections: cuts them, lets them hang half-open, makes them slow.
///
/// One thread polls all sockets. Connections of this process itself, the checker's, are never touched.
final class TCPProxy: Sendable {
    /// What to spoil.
    enum Whom: Sendable {
        /// Each connection with this probability, decided by the seed.
        case some(share: Double, seed: UInt64)
        /// All of one process.
        case process(Int32)
    }

    enum Order: Sendable {
        /// Ends connections, with a reset or in good order.
        case cut(Whom, abruptly: Bool)
        /// Nothing passes for a while, and nobody is told; afterwards it goes on, or they are cut.
        case freeze(Whom, ContinuousClock.Instant)
        /// New connections of this process hang as well.
        case isolate(Int32, ContinuousClock.Instant)
        case delay(Duration, ContinuousClock.Instant)
        /// All is well from now on.
        case heal
        case stop
    }

    let port: UInt16
    private let orders = Mutex<[Order]>([])
    private let candidates: Mutex<@Sendable () -> [Int32]>
    private let wake: Int32
    private let count = Atomic<Int>(0)

    /// Listens on a free port, and passes everything on to `target`.
    init(target: UInt16) throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0, ends.allSatisfy({ ProxySocket.makeOwn($0) }) else {
            throw ChaosFailure("no pipe: errno \(errno)")
        }
        wake = ends[1]
        let port = try FreePort.find()
        let listener = try TCPProxy.listen(port)
        self.port = port
        candidates = Mutex({ [] })
        let reader = ends[0]
        DedicatedThread.start("proxy") { [self] in
            ProxyLoop(self, listener: listener, wake: reader, target: target).run()
        }
    }

    /// How many connections there are.
    var connections: Int { count.load(ordering: .relaxed) }

    func give(_ order: Order) {
        orders.withLock { $0.append(order) }
        var byte: UInt8 = 1
        _ = write(wake, &byte, 1)
    }

    /// Tells which processes connections may belong to.
    func watch(_ processes: @escaping @Sendable () -> [Int32]) { candidates.withLock { $0 = processes } }

    func takeOrders() -> [Order] {
        orders.withLock { orders in
            defer { orders = [] }
            return orders
        }
    }

    func owner(of port: UInt16) -> Int32? {
        SocketOwner.find(port: port, among: [getpid()] + candidates.withLock { $0 }())
    }

    func report(_ connections: Int) { count.store(connections, ordering: .relaxed) }

    private static func listen(_ port: UInt16) throws -> Int32 {
        let descriptor = ProxySocket.make()
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        let isBound = withLoopback(port) { bind(descriptor, $0, $1) == 0 }
        guard descriptor >= 0, isBound, Glibc.listen(descriptor, 128) == 0 else {
            throw ChaosFailure("the proxy can't listen on port \(port): errno \(errno)")
        }
        return descriptor
    }

    /// Lends the address 127.0.0.1:`port`.
    static func withLoopback<Result>(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}

/// Sockets that don't block, and that children don't inherit.
enum ProxySocket {
    static func make() -> Int32 {
        socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
    }

    static func makeOwn(_ descriptor: Int32) -> Bool {
        fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 && fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
    }
}
