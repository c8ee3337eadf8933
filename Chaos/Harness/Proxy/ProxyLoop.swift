internal import Glibc

/// The thread of a proxy: polls, passes on, carries out orders.
final class ProxyLoop {
    private let proxy: TCPProxy
    private let listener: Int32
    private let wake: Int32
    private let target: UInt16
    private var connections: [ProxyConnection] = []
    private var isolated: [Int32: ContinuousClock.Instant] = [:]
    private var delay: (amount: Duration, until: ContinuousClock.Instant)?
    private var isStopped = false
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)

    init(_ proxy: TCPProxy, listener: Int32, wake: Int32, target: UInt16) {
        self.proxy = proxy
        self.listener = listener
        self.wake = wake
        self.target = target
    }

    func run() {
        while !isStopped {
            turn()
            proxy.report(connections.count)
        }
        for connection in connections { connection.close(abruptly: false) }
        close(listener)
        close(wake)
    }

    private func turn() {
        var polls = [
            pollfd(fd: listener, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
        ]
        let now = ContinuousClock.now
        var next = now + .milliseconds(500)
        // Indexes of `polls` of each connection's sockets; nil where it isn't looked at.
        let polled = connections.map { connection -> (Int, Int)? in
            if let until = connection.frozenUntil {
                if until > now {
                    next = min(next, until)
                    return nil
                }
                connection.frozenUntil = nil
            }
            for due in [connection.toServer.pieces.first?.due, connection.toClient.pieces.first?.due] {
                if let due, due > now { next = min(next, due) }
            }
            polls.append(interest(connection.client, connection.toServer, connection.toClient, now, isConnected: true))
            polls.append(
                interest(
                    connection.server, connection.toClient, connection.toServer, now,
                    isConnected: connection.isConnected))
            return (polls.count - 2, polls.count - 1)
        }
        let wait = max(0, Int32((next - now) / .milliseconds(1)) + 1)
        guard poll(&polls, nfds_t(polls.count), wait) >= 0 else { return }
        var broken: Set<Int> = []
        for (index, place) in polled.enumerated() {
            guard let place else { continue }
            if !pass(connections[index], client: polls[place.0].revents, server: polls[place.1].revents) {
                broken.insert(index)
            }
        }
        if polls[1].revents != 0 {
            while recvWake() {}
        }
        for order in proxy.takeOrders() { carryOut(order, &broken) }
        for index in broken.sorted(by: >) { connections.remove(at: index).close(abruptly: false) }
        if polls[0].revents != 0 { accept() }
    }

    private func recvWake() -> Bool { read(wake, &buffer, 64) > 0 }

    private func interest(
        _ socket: Int32, _ incoming: ProxyConnection.Way, _ outgoing: ProxyConnection.Way,
        _ now: ContinuousClock.Instant,
        isConnected: Bool
    ) -> pollfd {
        var events: Int32 = 0
        if isConnected, !incoming.hasEnded, incoming.count < ProxyConnection.limit { events |= POLLIN }
        if !isConnected { events |= POLLOUT }
        if let due = outgoing.pieces.first?.due, due <= now { events |= POLLOUT }
        return pollfd(fd: events == 0 ? -1 : socket, events: Int16(events), revents: 0)
    }

    /// Passes on what can be; false where the connection is over.
    private func pass(_ connection: ProxyConnection, client: Int16, server: Int16) -> Bool {
        let now = ContinuousClock.now
        let late = delay.map { $0.until > now && connection.owner != getpid() ? $0.amount : .zero } ?? .zero
        if !connection.isConnected, server != 0 {
            var error: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(connection.server, SOL_SOCKET, SO_ERROR, &error, &size)
            guard error == 0 else { return false }
            connection.isConnected = true
        }
        let failed = Int16(POLLERR | POLLHUP)
        if client & (Int16(POLLIN) | failed) != 0, !connection.toServer.hasEnded,
            !connection.read(connection.client, into: \.toServer, delay: late, buffer: &buffer)
        {
            return false
        }
        if connection.isConnected, server & (Int16(POLLIN) | failed) != 0, !connection.toClient.hasEnded,
            !connection.read(connection.server, into: \.toClient, delay: late, buffer: &buffer)
        {
            return false
        }
        if connection.isConnected, !connection.write(connection.server, from: \.toServer, now: now) { return false }
        guard connection.write(connection.client, from: \.toClient, now: now) else { return false }
        return !connection.isOver
    }

    private func accept() {
        while true {
            var address = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let client = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.accept(listener, $0, &size)
                }
            }
            guard client >= 0 else { return }
            _ = ProxySocket.makeOwn(client)
            let server = ProxySocket.make()
            for socket in [client, server] {
                var yes: Int32 = 1
                setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
            }
            let connection = ProxyConnection(
                client: client, server: server, owner: proxy.owner(of: UInt16(bigEndian: address.sin_port)))
            if let until = connection.owner.flatMap({ isolated[$0] }) { connection.frozenUntil = until }
            let status = TCPProxy.withLoopback(target) { connect(server, $0, $1) }
            guard status == 0 || errno == EINPROGRESS else {
                connection.close(abruptly: true)
                continue
            }
            connections.append(connection)
        }
    }

    private func carryOut(_ order: TCPProxy.Order, _ broken: inout Set<Int>) {
        switch order {
        case .cut(let whom, let abruptly):
            for index in chosen(whom) where !broken.contains(index) {
                if abruptly {
                    // Closed twice would be somebody else's socket: it is only made to reset here.
                    var option = linger(l_onoff: 1, l_linger: 0)
                    for socket in [connections[index].client, connections[index].server] {
                        setsockopt(socket, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
                    }
                }
                broken.insert(index)
            }
        case .freeze(let whom, let until): for index in chosen(whom) { connections[index].frozenUntil = until }
        case .isolate(let process, let until):
            isolated[process] = until
            for index in chosen(.process(process)) { connections[index].frozenUntil = until }
        case .delay(let amount, let until): delay = (amount, until)
        case .heal:
            isolated = [:]
            delay = nil
            for connection in connections { connection.frozenUntil = nil }
        case .stop: isStopped = true
        }
    }

    private func chosen(_ whom: TCPProxy.Whom) -> [Int] {
        switch whom {
        case .process(let pid): return connections.indices.filter { connections[$0].owner == pid }
        case .some(let share, let seed):
            var random = SeededGenerator(seed: seed)
            return connections.indices.filter { random.chance(share) && connections[$0].owner != getpid() }
        }
    }
}
