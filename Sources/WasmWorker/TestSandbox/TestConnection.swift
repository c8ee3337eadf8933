import Glibc
import MeshCore

/// A connected socket that carries one JSON object per line. For one thread; closed with its last reference.
package final class TestConnection {
    private let socket: Int32
    private var buffer: [UInt8] = []
    /// What stands before that was read.
    private var begin = 0
    /// Up to here there is no end of a line.
    private var searched = 0

    /// Takes the descriptor over.
    package init(socket: Int32) { self.socket = socket }

    deinit { close(socket) }

    /// The next object; nil once the other side is gone, or sends something else.
    func read() -> JSONNode? {
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: buffer[begin..<end], as: UTF8.self)
                (begin, searched) = (end + 1, end + 1)
                return try? JSONReader.read(line)
            }
            searched = buffer.count
            guard fill() else { return nil }
        }
    }

    private func fill() -> Bool {
        if begin > 0 {
            buffer.removeFirst(begin)
            (begin, searched) = (0, searched - begin)
        }
        let chunk = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
            repeat { count = recv(socket, buffer.baseAddress, buffer.count, 0) } while count < 0 && errno == EINTR
            count = max(count, 0)
        }
        buffer += chunk
        return !chunk.isEmpty
    }

    /// False once the other side is gone.
    func write(_ object: TestAnswer) -> Bool {
        let bytes = Array((object.text + "}\n").utf8)
        return bytes.withUnsafeBytes { bytes in
            var sent = 0
            while sent < bytes.count {
                let count = send(
                    socket, bytes.baseAddress?.advanced(by: sent), bytes.count - sent,
                    Int32(truncatingIfNeeded: Int(MSG_NOSIGNAL)))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }
    }
}
