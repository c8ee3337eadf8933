internal import Glibc

/// One connection through the proxy: two sockets, and what is on its way between them. Confined to the proxy's thread.
final class ProxyConnection {
    /// What was read on one side and not written on the other.
    struct Way {
        /// Each piece with the time from which it may be written.
        var pieces: [(due: ContinuousClock.Instant, bytes: ArraySlice<UInt8>)] = []
        var count = 0
        /// The reading side has said its last word.
        var hasEnded = false
    }

    static let limit = 512 << 10

    let client: Int32
    let server: Int32
    /// The process at the other end of `client`, where it was found.
    let owner: Int32?
    var isConnected = false
    var toServer = Way()
    var toClient = Way()
    /// Nothing passes until then.
    var frozenUntil: ContinuousClock.Instant?

    init(client: Int32, server: Int32, owner: Int32?) {
        self.client = client
        self.server = server
        self.owner = owner
    }

    /// Reads once from a socket; false where the connection is broken.
    func read(_ socket: Int32, into way: WritableKeyPath<ProxyConnection, Way>, delay: Duration, buffer: inout [UInt8])
        -> Bool
    {
        var connection = self
        let count = recv(socket, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        if count > 0 {
            connection[keyPath: way].pieces.append((ContinuousClock.now + delay, buffer[..<count]))
            connection[keyPath: way].count += count
            return true
        }
        if count == 0 {
            connection[keyPath: way].hasEnded = true
            return true
        }
        return errno == EAGAIN || errno == EINTR
    }

    /// Writes what is due; false where the connection is broken.
    func write(_ socket: Int32, from way: WritableKeyPath<ProxyConnection, Way>, now: ContinuousClock.Instant) -> Bool {
        var connection = self
        while let piece = connection[keyPath: way].pieces.first, piece.due <= now {
            let count = piece.bytes.withUnsafeBytes {
                send(socket, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return errno == EAGAIN || errno == EINTR }
            connection[keyPath: way].count -= count
            if count == piece.bytes.count {
                connection[keyPath: way].pieces.removeFirst()
            } else {
                connection[keyPath: way].pieces[0].bytes = piece.bytes.dropFirst(count)
            }
        }
        return true
    }

    /// Both have said everything, and it has arrived; or one has, and the other can't answer any more.
    var isOver: Bool { (toServer.hasEnded && toServer.count == 0) || (toClient.hasEnded && toClient.count == 0) }

    /// Ends both sides; abruptly means that they get a reset.
    func close(abruptly: Bool) {
        for socket in [client, server] {
            if abruptly {
                var option = linger(l_onoff: 1, l_linger: 0)
                setsockopt(socket, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
            }
            Glibc.close(socket)
        }
    }
}
