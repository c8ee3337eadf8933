import Foundation
import Glibc

/// A client that sends exactly the bytes it is told to; it waits for up to ten seconds, on threads outside the cooperative pool.
///
/// `@unchecked Sendable`: a test uses it from one task at a time.
package final class RawClient: @unchecked Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    private let descriptor: Int32
    private var received: [UInt8] = []

    package init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let connected = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        // An initialiser that throws once all properties are set runs `deinit`, which closes the descriptor.
        guard connected == 0 else { throw Failure(description: "connect: \(String(cString: strerror(errno)))") }
    }

    deinit { close() }

    private var isClosed = false

    package func close() {
        guard !isClosed else { return }
        isClosed = true
        Glibc.close(descriptor)
    }

    /// Sends all of it; false where the server has closed.
    @discardableResult
    package func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    @discardableResult
    package func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Reads one answer: status, header lines, and a body by `Content-Length`.
    package func answer() async throws -> (status: Int, head: String, body: String) {
        try await offPool { try self.answerBlocking() }
    }

    /// Waits until the server closes, and returns what it sent until then.
    package func rest() async throws -> String {
        try await offPool {
            while (try? self.receive()) != nil {}
            return String(decoding: self.received, as: UTF8.self)
        }
    }

    private func answerBlocking() throws -> (status: Int, head: String, body: String) {
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let at = received.firstRange(of: end) {
                let head = String(decoding: received[..<at.lowerBound], as: UTF8.self)
                let status = head.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
                let length = status < 200 ? 0 : contentLength(head)
                while received.count < at.upperBound + length { try receive() }
                let body = String(decoding: received[at.upperBound..<at.upperBound + length], as: UTF8.self)
                received.removeFirst(at.upperBound + length)
                return (status, head, body)
            }
            try receive()
        }
    }

    private func contentLength(_ head: String) -> Int {
        for line in head.split(separator: "\r\n") where line.lowercased().hasPrefix("content-length:") {
            return Int(line.drop { $0 != ":" }.dropFirst().drop { $0 == " " }) ?? 0
        }
        return 0
    }

    private func receive() throws {
        var buffer = [UInt8](repeating: 0, count: 16384)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count == 0 { throw Failure(description: "the server closed the connection after \(received.count) bytes") }
        if count < 0 { throw Failure(description: "recv: \(String(cString: strerror(errno)))") }
        received.append(contentsOf: buffer[..<count])
    }
}

/// Runs a blocking call on a thread of its own; the cooperative pool, and Dispatch's queues with it, are needed by the server's handlers.
package func offPool<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Swift.Result(catching: body)) }
    }
}
