#if !arch(wasm32)
    #if canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #elseif canImport(Darwin)
        import Darwin
    #endif

    /// A connection to a Unix socket that carries one line after the other; closed with its last reference.
    final class LineSocket {
        private let descriptor: Int32
        private var buffer: [UInt8] = []

        #if canImport(Glibc)
            private static let stream = Int32(SOCK_STREAM.rawValue)
        #else
            private static let stream = SOCK_STREAM
        #endif

        /// Nil where nobody listens there.
        init?(path: String) {
            descriptor = Self.connected(path)
            if descriptor < 0 { return nil }
        }

        deinit { if descriptor >= 0 { close(descriptor) } }

        private static func connected(_ path: String) -> Int32 {
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            let fits = withUnsafeMutableBytes(of: &address.sun_path) { target in
                guard path.utf8.count < target.count else { return false }
                target.copyBytes(from: path.utf8)
                return true
            }
            let descriptor = fits ? socket(AF_UNIX, stream, 0) : -1
            guard descriptor >= 0 else { return -1 }
            let result = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            if result == 0 { return descriptor }
            close(descriptor)
            return -1
        }

        /// The next line without its end; nil once the other side is gone.
        func read() -> [UInt8]? {
            var searched = 0
            while true {
                if let end = buffer[searched...].firstIndex(of: 0x0A) {
                    let line = Array(buffer[..<end])
                    buffer.removeFirst(end + 1)
                    return line
                }
                searched = buffer.count
                let chunk = [UInt8](unsafeUninitializedCapacity: 64 << 10) { chunk, count in
                    repeat {
                        count = recv(descriptor, chunk.baseAddress, chunk.count, 0)
                    } while count < 0 && errno == EINTR
                    count = max(count, 0)
                }
                if chunk.isEmpty { return nil }
                buffer += chunk
            }
        }

        /// False once the other side is gone.
        func write(_ line: [UInt8]) -> Bool {
            #if canImport(Darwin)
                let flags: Int32 = 0
            #else
                let flags = Int32(truncatingIfNeeded: Int(MSG_NOSIGNAL))
            #endif
            let line = line + [0x0A]
            return line.withUnsafeBytes { line in
                var sent = 0
                while sent < line.count {
                    let count = send(descriptor, line.baseAddress?.advanced(by: sent), line.count - sent, flags)
                    if count < 0, errno == EINTR { continue }
                    if count <= 0 { return false }
                    sent += count
                }
                return true
            }
        }
    }
#endif
