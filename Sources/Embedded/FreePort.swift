internal import Foundation
internal import Glibc

/// Free TCP ports on 127.0.0.1.
package enum FreePort {
    /// A port that nobody listens on now, below the range the system takes for outgoing connections: from that range, a
    /// client that reconnects to a stopped server can be given the server's own port, connect to itself, and block the restart.
    package static func find() throws(EmbeddedError) -> UInt16 {
        let ephemeral = lowestEphemeralPort
        let range: ClosedRange<UInt16> = ephemeral > 12_000 ? 10_240...(ephemeral - 1) : 20_000...60_000
        for _ in 0..<200 {
            let port = UInt16.random(in: range)
            if isFree(port) { return port }
        }
        throw EmbeddedError(
            "no free TCP port was found on 127.0.0.1 between \(range.lowerBound) and \(range.upperBound)")
    }

    /// Whether a server could listen there.
    package static func isFree(_ port: UInt16) -> Bool {
        withSocket(port) { descriptor, address, size in
            var yes: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
            return bind(descriptor, address, size) == 0
        }
    }

    /// Whether somebody listens there.
    package static func answers(_ port: UInt16) -> Bool {
        withSocket(port) { descriptor, address, size in connect(descriptor, address, size) == 0 }
    }

    private static func withSocket(_ port: UInt16, _ body: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Bool) -> Bool
    {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafeBytes(of: &address) { bytes in
            guard let base = bytes.assumingMemoryBound(to: sockaddr.self).baseAddress else { return false }
            return body(descriptor, base, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }

    private static var lowestEphemeralPort: UInt16 {
        let text = (try? String(contentsOfFile: "/proc/sys/net/ipv4/ip_local_port_range", encoding: .utf8)) ?? ""
        return text.split(whereSeparator: \.isWhitespace).first.flatMap { UInt16($0) } ?? 32_768
    }
}
