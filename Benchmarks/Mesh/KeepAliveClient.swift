import Foundation

/// Sends one request after the other over one connection and waits for each answer; nothing between it and the socket that
/// could add to what is measured.
final class KeepAliveClient {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let socketDescriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)

    init(port: UInt16) throws {
        socketDescriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socketDescriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Failure(description: "can't connect to 127.0.0.1:\(port): errno \(errno)") }
        var on: Int32 = 1
        setsockopt(socketDescriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { Foundation.close(socketDescriptor) }

    /// The status of the answer and the answer, head and body, as text.
    func post(_ path: String, _ body: String, headers: String = "") throws -> (status: Int, text: String) {
        let request =
            "POST \(path) HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
            + "\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        let bytes = Array(request.utf8)
        guard send(socketDescriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw Failure(description: "the router closed the connection")
        }
        var answer: [UInt8] = []
        while true {
            let count = recv(socketDescriptor, &buffer, buffer.count, 0)
            guard count > 0 else { throw Failure(description: "the router closed the connection") }
            answer += buffer[..<count]
            guard let head = KeepAliveClient.headCount(answer) else { continue }
            guard answer.count >= head + KeepAliveClient.contentLength(answer[..<head]) else { continue }
            let status = answer[9..<12].reduce(0) { $0 * 10 + Int($1) - 48 }
            return (status, String(decoding: answer, as: UTF8.self))
        }
    }

    /// How long the head is, with its empty line; nil while it isn't complete. Bytes, since text would cost more than the rest of a request.
    private static func headCount(_ answer: [UInt8]) -> Int? {
        var index = 12
        while index + 3 < answer.count {
            if answer[index] == 13, answer[index + 2] == 13, answer[index + 3] == 10 { return index + 4 }
            index += 1
        }
        return nil
    }

    private static func contentLength(_ head: ArraySlice<UInt8>) -> Int {
        let name = Array("content-length:".utf8)
        var start = head.startIndex
        while let end = head[start...].firstIndex(of: 10) {
            let line = head[start..<end]
            if line.count > name.count, zip(line, name).allSatisfy({ $0 | 32 == $1 | 32 }) {
                return line.dropFirst(name.count).reduce(0) { 48...57 ~= $1 ? $0 * 10 + Int($1) - 48 : $0 }
            }
            start = end + 1
        }
        return 0
    }
}
