import Glibc
import HTTPServer
import Kafka
import MeshCore
import Postgres
import TestSupport
import Testing

@testable import MeshRouter

@Suite struct ManyCallsTests {
    @Test func `thousands of calls wait over HTTP without a thread each, and each gets its own answer`() async throws {
        HTTPServer.raiseFileLimit()
        let count = 4000
        let held = Collector<Message>()
        try await withRouter(answer: { message in
            held.append(message)
            return nil
        }) { mesh in
            let port = UInt16(mesh.url.split(separator: ":").last ?? "") ?? 0
            let before = try threadCount()
            let sockets = try await Self.offPool {
                try (0..<count).map { number in
                    try Self.send(port, "{\"id\":\"\(number)\"}")
                }
            }
            try await eventually("all to wait", within: .seconds(60)) { mesh.router.waiting.count == count }
            // Other tests run beside this one, with threads of their own.
            #expect(try threadCount() < before + count / 2)
            let messages = try await held.wait(for: count, within: .seconds(60))
            for message in messages {
                mesh.responder.reply(to: message, .ok, String(decoding: message.data, as: UTF8.self))
            }
            let wrong = try await Self.offPool {
                sockets.enumerated().filter { number, socket in
                    !Self.receive(socket).hasSuffix("{\"id\":\"\(number)\"}")
                }.count
            }
            #expect(wrong == 0)
            #expect(mesh.router.waiting.count == 0)
        }
    }

    private func threadCount() throws -> Int {
        var count = 0
        let directory = try #require(opendir("/proc/self/task"))
        while readdir(directory) != nil { count += 1 }
        closedir(directory)
        return count - 2
    }

    private static func offPool<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            DedicatedThread.start("sockets") { continuation.resume(with: Result { try body() }) }
        }
    }

    private struct NoConnection: Error {}

    /// A connection with a request on its way.
    private static func send(_ port: UInt16, _ body: String) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard descriptor >= 0, connected == 0 else { throw NoConnection() }
        let request = """
            POST /shop.Orders/count HTTP/1.1\r
            Host: x\r
            Content-Type: application/json\r
            Connect-Timeout-Ms: 120000\r
            Content-Length: \(body.utf8.count)\r
            \r
            \(body)
            """
        let bytes = Array(request.utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count else { throw NoConnection() }
        return descriptor
    }

    /// Reads one small answer and closes the connection.
    private static func receive(_ descriptor: Int32) -> String {
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        var text = ""
        while !text.hasSuffix("}") {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            text += String(decoding: buffer[..<count], as: UTF8.self)
        }
        return text
    }
}
