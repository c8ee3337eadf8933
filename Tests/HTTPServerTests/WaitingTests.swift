import Foundation
import HTTPServer
import TestSupport
import Testing

@Suite(.serialized) struct WaitingTests {
    private func threadCount() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
    }

    @Test func `five thousand waiting requests hold no thread`() async throws {
        HTTPServer.raiseFileLimit()
        let gate = Gate()
        let handler: HTTPServer.Handler = { request in
            await gate.wait()
            return .text(request.path)
        }
        try await withServer(handler: handler) { server, _ in
            let before = try threadCount()
            let count = 5000
            let clients = try await offPool {
                try (0..<count).map { number in
                    let client = try RawClient(port: server.port)
                    client.send("GET /\(number) HTTP/1.1\r\nHost: x\r\n\r\n")
                    return client
                }
            }
            try await eventually("all to wait", within: .seconds(30)) { gate.count == count }
            #expect(server.activeRequests == count)
            #expect(try threadCount() < before + 500)
            gate.open()
            for (number, client) in clients.enumerated() {
                let answer = try await client.answer()
                guard answer.status == 200, answer.body == "/\(number)" else {
                    Issue.record("answer \(number) was \(answer)")
                    return
                }
            }
        }
    }

    @Test func `a client that goes away cancels its handler`() async throws {
        let started = Collector<Bool>()
        let cancelled = Collector<Bool>()
        let handler: HTTPServer.Handler = { _ in
            started.append(true)
            try? await Task.sleep(for: .seconds(60))
            cancelled.append(Task.isCancelled)
            return .text("too late")
        }
        try await withServer(handler: handler) { server, _ in
            for _ in 0..<20 {
                let client = try RawClient(port: server.port)
                client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            }
            try await started.wait(for: 20)
            #expect(try await cancelled.wait(for: 20).allSatisfy { $0 })
            try await eventually("no request to be left") { server.activeRequests == 0 }
        }
    }

    @Test func `a client that trickles its headers is cut off`() async throws {
        try await withServer {
            $0.idleTimeout = .seconds(1)
        } handler: {
            try await echo($0)
        } _: { server, _ in
            let client = try RawClient(port: server.port)
            let start = ContinuousClock.now
            client.send("GET / HTTP/1.1\r\nHost: x\r\n")
            var lines = 0
            // Never silent for longer than the time limit.
            while client.send("X-Line-\(lines): x\r\n") {
                lines += 1
                guard ContinuousClock.now - start < .seconds(20) else { break }
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(ContinuousClock.now - start < .seconds(8))
            #expect(lines >= 5)
        }
    }

    @Test func `a client that trickles its body is cut off`() async throws {
        try await withServer {
            $0.bodyTimeout = .seconds(1)
            $0.idleTimeout = .seconds(4)
        } handler: {
            try await echo($0)
        } _: { server, _ in
            let client = try RawClient(port: server.port)
            let start = ContinuousClock.now
            client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
            while client.send("x") {
                guard ContinuousClock.now - start < .seconds(20) else { break }
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(ContinuousClock.now - start < .seconds(8))
            try await eventually("the request to be forgotten") { server.activeRequests == 0 }
        }
    }

    @Test func `a handler may take longer than the time limits of its client`() async throws {
        let handler: HTTPServer.Handler = { _ in
            try await Task.sleep(for: .seconds(3))
            return .text("patience")
        }
        try await withServer {
            $0.bodyTimeout = .seconds(1)
            $0.idleTimeout = .seconds(1)
        } handler: {
            try await handler($0)
        } _: { server, _ in
            let client = try RawClient(port: server.port)
            client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            let answer = try await client.answer()
            #expect(answer.body == "patience")
        }
    }

    @Test func `an idle connection is closed after its time`() async throws {
        try await withServer {
            $0.idleTimeout = .seconds(1)
        } handler: {
            try await echo($0)
        } _: { server, _ in
            let client = try RawClient(port: server.port)
            client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await client.answer().status == 200)
            let start = ContinuousClock.now
            #expect(try await client.rest().isEmpty)
            #expect(ContinuousClock.now - start < .seconds(5))
        }
    }

    @Test func `connections beyond the limit wait or are closed, and the others are served`() async throws {
        try await withServer {
            $0.connectionLimit = 10
        } handler: {
            try await echo($0)
        } _: { server, url in
            let idle = try (0..<30).map { _ in try RawClient(port: server.port) }
            for client in idle { client.close() }
            try await eventually("the server to serve again") {
                (try? await HTTPClient(timeout: .seconds(2)).request("GET", url).status) == 200
            }
        }
    }
}

@Suite struct StopTests {
    @Test func `stopping lets requests in flight finish and refuses new connections`() async throws {
        let gate = Gate()
        let handler: HTTPServer.Handler = { _ in
            await gate.wait()
            return .text("finished")
        }
        let server = try HTTPServer(HTTPServer.Configuration(), handler: handler)
        let clients = try (0..<5).map { _ in
            let client = try RawClient(port: server.port)
            client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            return client
        }
        try await eventually("all to wait") { gate.count == 5 }
        async let stopped: Void = server.stop(drainWithin: .seconds(30))
        async let stoppedToo: Void = server.stop(drainWithin: .seconds(30))
        try await eventually("new connections to be refused") { (try? RawClient(port: server.port)) == nil }
        gate.open()
        for client in clients {
            let answer = try await client.answer()
            #expect(answer.body == "finished")
            #expect(answer.head.lowercased().contains("connection: close"))
            #expect(try await client.rest().isEmpty)
        }
        await stopped
        await stoppedToo
    }

    @Test func `a handler that doesn't end is cancelled after the limit, and its client is told`() async throws {
        let gate = Gate()
        let handler: HTTPServer.Handler = { _ in
            // Deaf to cancellation.
            await gate.wait()
            return .text("never seen")
        }
        let server = try HTTPServer(HTTPServer.Configuration(), handler: handler)
        let client = try RawClient(port: server.port)
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        try await eventually("the request to wait") { gate.count == 1 }
        await server.stop(drainWithin: .milliseconds(50))
        let answer = try await client.answer()
        #expect(answer.status == 503)
        gate.open()
    }

    @Test func `stopping under load crashes nothing`() async throws {
        for round in 0..<20 {
            let handler: HTTPServer.Handler = { request in
                await Task.yield()
                return .text(request.path)
            }
            var configuration = HTTPServer.Configuration()
            configuration.threads = 1 + round % 3
            let server = try HTTPServer(configuration, handler: handler)
            let port = server.port
            let load = (0..<4).map { _ in
                Task.detached {
                    guard let client = try? RawClient(port: port) else { return }
                    while client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), (try? await client.answer()) != nil {}
                }
            }
            let client = try RawClient(port: port)
            for _ in 0..<5 {
                client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                _ = try await client.answer()
            }
            await server.stop(drainWithin: round.isMultiple(of: 2) ? .zero : .seconds(5))
            for task in load { await task.value }
        }
    }

    @Test func `a server that is dropped stops`() async throws {
        var server: HTTPServer? = try HTTPServer(HTTPServer.Configuration(), handler: echo)
        let port = try #require(server).port
        server = nil
        try await eventually("connections to be refused") { (try? RawClient(port: port)) == nil }
    }
}
