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
            let text = String(decoding: answer, as: UTF8.self)
            guard let end = text.range(of: "\r\n\r\n") else { continue }
            let head = text[..<end.lowerBound].lowercased()
            let length = head.split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
                .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) }
            guard text[end.upperBound...].utf8.count >= length ?? 0 else { continue }
            return (Int(head.dropFirst(9).prefix(3)) ?? 0, text)
        }
    }
}
