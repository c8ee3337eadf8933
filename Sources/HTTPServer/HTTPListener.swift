import Glibc

/// A listening socket.
struct HTTPListener: ~Copyable {
    let descriptor: Int32
    let port: UInt16

    init(host: String, port: UInt16) throws(HTTPServerError) {
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let failure = getaddrinfo(host.isEmpty ? nil : host, String(port), &hints, &list)
        guard failure == 0, let list else {
            throw HTTPServerError("cannot listen on '\(host)': \(String(cString: gai_strerror(failure)))")
        }
        defer { freeaddrinfo(list) }
        descriptor = try HTTPListener.open(list.pointee, name: "\(host):\(port)")
        self.port = HTTPListener.port(of: descriptor)
    }

    deinit { close(descriptor) }

    private static func open(_ address: addrinfo, name: String) throws(HTTPServerError) -> Int32 {
        let type = address.ai_socktype | Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.ai_family, type, address.ai_protocol)
        guard descriptor >= 0 else { throw HTTPServerError("no socket: \(String(cString: strerror(errno)))") }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, address.ai_addr, address.ai_addrlen) == 0, listen(descriptor, 4096) == 0 else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw HTTPServerError("cannot listen on \(name): \(reason)")
        }
        return descriptor
    }

    private static func port(of descriptor: Int32) -> UInt16 {
        var address = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &length) }
        }
        // The port stands at the same place in IPv4 and IPv6 addresses.
        return UInt16(bigEndian: address.sin6_port)
    }
}
