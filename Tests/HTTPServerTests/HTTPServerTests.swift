import HTTPServer
import TestSupport
import Testing

@Suite struct HTTPServerTests {
    @Test func `requests arrive whole and answers as the handler made them, whatever the bytes`() async throws {
        var seed = Seed()
        let handler: HTTPServer.Handler = { request in
            var answer = HTTPResponse(status: 201, body: request.body)
            answer.headers.add("X-Path", request.segments.map { "\(Array($0.utf8))" }.joined(separator: "|"))
            answer.headers.add("X-Query", "\(Array((request.query("q") ?? "").utf8))")
            answer.headers.add("X-Thing", request.headers["x-tHING"] ?? "")
            return answer
        }
        try await withServer(handler: handler) { _, url in
            for _ in 0..<200 {
                let segments = (0..<seed.integer(in: 1...4)).map { _ in "s" + seed.text() }
                let query = seed.text()
                let body = seed.bytes(count: seed.integer(in: 0...seed.integer(in: 0...40_000)))
                let thing = String(seed.next(), radix: 36)
                let path = segments.map(encode).joined(separator: "/")
                let answer = try await HTTPClient().request(
                    "POST", "\(url)/\(path)?q=\(encode(query))", headers: ["X-Thing": thing], body: body)
                #expect(answer.status == 201)
                #expect(answer.body == body)
                #expect(answer.headers["X-Path"] == segments.map { "\(Array($0.utf8))" }.joined(separator: "|"))
                #expect(answer.headers["X-Query"] == "\(Array(query.utf8))")
                #expect(answer.headers["x-thing"] == thing)
            }
        }
    }

    private func encode(_ text: String) -> String {
        text.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    @Test func `plus signs, repeated names and names without values in a query are read as forms write them`()
        async throws
    {
        let handler: HTTPServer.Handler = { request in
            .text(request.query.map { "\($0.name)=\($0.value)" }.joined(separator: ";"))
        }
        try await withServer(handler: handler) { server, _ in
            let client = try RawClient(port: server.port)
            client.send("GET /?a=1+2%2B3&a=&b&c%20d=%26 HTTP/1.1\r\nHost: x\r\n\r\n")
            let answer = try await client.answer()
            #expect(answer.body == "a=1 2+3;a=;b=;c d=&")
        }
    }

    @Test func `a connection is kept for the next request`() async throws {
        try await withServer(handler: echo) { server, _ in
            let client = try RawClient(port: server.port)
            for number in 0..<20 {
                client.send("POST /\(number) HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi")
                let answer = try await client.answer()
                #expect(answer.status == 200)
                #expect(answer.body == "POST /\(number) hi")
            }
        }
    }

    @Test func `pipelined requests are answered in their order`() async throws {
        try await withServer(handler: echo) { server, _ in
            let client = try RawClient(port: server.port)
            client.send((0..<10).map { "GET /\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined())
            for number in 0..<10 {
                let answer = try await client.answer()
                #expect(answer.body == "GET /\(number) ")
            }
        }
    }

    @Test func `a chunked body arrives whole`() async throws {
        try await withServer(handler: echo) { server, _ in
            let client = try RawClient(port: server.port)
            client.send("PUT /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
            client.send("5\r\ndefgh\r\n0\r\n\r\n")
            let answer = try await client.answer()
            #expect(answer.body == "PUT /c abcdefgh")
        }
    }

    @Test func `a body over the limit is refused before it is sent`() async throws {
        try await withServer {
            $0.maxBodyBytes = 1000
        } handler: {
            try await echo($0)
        } _: { server, _ in
            let client = try RawClient(port: server.port)
            client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 104857600\r\n\r\n")
            let answer = try await client.answer()
            #expect(answer.status == 413)
            #expect(answer.body.contains("1000"))
            _ = try await client.rest()

            let polite = try RawClient(port: server.port)
            polite.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 104857600\r\n\r\n")
            #expect(try await polite.answer().status == 413)

            let exact = try RawClient(port: server.port)
            exact.send(
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + String(repeating: "x", count: 1000))
            #expect(try await exact.answer().status == 200)
        }
    }

    @Test func `a client that sends a body over the limit without asking gets the answer`() async throws {
        try await withServer {
            $0.maxBodyBytes = 1000
        } handler: {
            try await echo($0)
        } _: { _, url in
            let body = [UInt8](repeating: 1, count: 100 << 20)
            for _ in 0..<20 {
                let answer = try await HTTPClient().request("POST", url, body: body)
                #expect(answer.status == 413)
            }
        }
    }

    @Test func `a client that goes on sending after a refusal gets the answer, and is cut off in the end`() async throws
    {
        try await withServer {
            $0.maxBodyBytes = 1000
        } handler: {
            try await echo($0)
        } _: { server, _ in
            let client = try RawClient(port: server.port)
            client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10737418240\r\n\r\n")
            let part = [UInt8](repeating: 1, count: 1 << 20)
            let sent = try await offPool {
                var sent = 0
                while sent < 10_000, client.send(part) { sent += 1 }
                return sent
            }
            #expect(sent < 1000)
            let answer = try? await client.answer()
            #expect(answer == nil || answer?.status == 413)
        }
    }

    @Test func `a chunked body is refused as soon as it exceeds the limit`() async throws {
        try await withServer {
            $0.maxBodyBytes = 1000
        } handler: {
            try await echo($0)
        } _: { server, _ in
            let client = try RawClient(port: server.port)
            client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            let chunk = "100\r\n" + String(repeating: "x", count: 256) + "\r\n"
            for _ in 0..<5 { client.send(chunk) }
            let answer = try await client.answer()
            #expect(answer.status == 413)
            _ = try await client.rest()
            try await eventually("the request to be forgotten") { server.activeRequests == 0 }
        }
    }

    @Test func `all bodies together have a bound, and what is answered makes room`() async throws {
        let gate = Gate()
        let handler: HTTPServer.Handler = { request in
            await gate.wait()
            return .text("\(request.body.count)")
        }
        try await withServer {
            $0.maxBufferedBytes = 150_000
        } handler: {
            try await handler($0)
        } _: { server, _ in
            let head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
            let request = head + String(repeating: "x", count: 100_000)
            let first = try RawClient(port: server.port)
            first.send(request)
            try await eventually("the first to wait") { gate.count == 1 }
            let second = try RawClient(port: server.port)
            second.send(request)
            let refused = try await second.answer()
            #expect(refused.status == 503)
            gate.open()
            let answered = try await first.answer()
            #expect(answered.body == "100000")
            try await eventually("the first to be over") { server.activeRequests == 0 }
            first.send(request)
            try await eventually("the third to wait") { gate.count == 2 }
            gate.open()
            let third = try await first.answer()
            #expect(third.status == 200)
        }
    }

    @Test func `a client that expects 100 Continue gets it`() async throws {
        try await withServer(handler: echo) { server, _ in
            let client = try RawClient(port: server.port)
            client.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            #expect(try await client.answer().status == 100)
            client.send("ok")
            let answer = try await client.answer()
            #expect(answer.body == "POST / ok")
        }
    }

    @Test(arguments: [
        "nonsense\r\n\r\n", "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", "GET /a%00b HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /%ff HTTP/1.1\r\nHost: x\r\n\r\n", "GET /?a=%f HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
    ])
    func `what can't be read is answered with 400 and doesn't reach the handler`(_ request: String) async throws {
        let reached = Collector<String>()
        let handler: HTTPServer.Handler = { request in
            reached.append(request.path)
            return .text("")
        }
        try await withServer(handler: handler) { server, url in
            let client = try RawClient(port: server.port)
            client.send(request)
            let text = try? await client.answer()
            #expect(text == nil || text?.status == 400, "\(String(describing: text))")
            #expect(reached.all.isEmpty)
            // And the server lives.
            #expect(try await HTTPClient().request("GET", url).status == 200)
        }
    }

    @Test func `headers over the limit are refused`() async throws {
        try await withServer {
            $0.maxHeaderBytes = 4096
        } handler: {
            try await echo($0)
        } _: { server, _ in
            for size in [5000, 20_000, 200_000] {
                let client = try RawClient(port: server.port)
                client.send("GET / HTTP/1.1\r\nHost: x\r\nX-Large: \(String(repeating: "x", count: size))\r\n\r\n")
                #expect(try await client.answer().status == 431)
            }
            let client = try RawClient(port: server.port)
            client.send("GET / HTTP/1.1\r\nHost: x\r\nX-Large: \(String(repeating: "x", count: 3800))\r\n\r\n")
            #expect(try await client.answer().status == 200)
        }
    }

    @Test func `a HEAD request is answered without a body, and the connection stays in step`() async throws {
        try await withServer(handler: echo) { server, _ in
            let client = try RawClient(port: server.port)
            client.send("HEAD /h HTTP/1.0\r\n\r\n")
            let all = try await client.rest()
            #expect(all.hasPrefix("HTTP/1.1 200") || all.hasPrefix("HTTP/1.0 200"))
            #expect(all.hasSuffix("\r\n\r\n"))
            #expect(all.contains("Content-Length: 8"))
        }
    }

    @Test func `an error of the handler goes to the hook`() async throws {
        struct Broken: Error {}
        let handler: HTTPServer.Handler = { _ in throw Broken() }
        try await withServer(
            onError: { request, error in .text("\(request.path) \(error)", status: 503) }, handler: handler
        ) {
            _, url in
            let answer = try await HTTPClient().request("GET", "\(url)/x")
            #expect(answer.status == 503)
            #expect(answer.text == "/x Broken()")
        }
        try await withServer(handler: handler) { _, url in
            let answer = try await HTTPClient().request("GET", url)
            #expect(answer.status == 500)
            #expect(!answer.text.contains("Broken"))
        }
    }

    @Test func `a request in absolute form has the limit of its path`() async throws {
        try await withServer({ $0.bodyLimits = { $0 == "/large" ? 100 : 10 } }, handler: echo) { server, _ in
            for (path, status) in [("/large", 200), ("/small", 413)] {
                let client = try RawClient(port: server.port)
                let body = String(repeating: "x", count: 50)
                client.send("POST http://example.org\(path) HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n\(body)")
                #expect(try await client.answer().status == status, "\(path)")
            }
        }
    }

    @Test func `a request in absolute form has the path of its URL`() async throws {
        try await withServer(handler: echo) { server, _ in
            let client = try RawClient(port: server.port)
            client.send("GET http://example.org/a/b HTTP/1.1\r\nHost: x\r\n\r\n")
            let answer = try await client.answer()
            #expect(answer.body == "GET /a/b ")
        }
    }

    @Test func `several threads serve the same port`() async throws {
        try await withServer {
            $0.threads = 3
        } handler: {
            try await echo($0)
        } _: { _, url in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<60 {
                    group.addTask { try await HTTPClient().request("GET", "\(url)/\(number)").status }
                }
                for try await status in group { #expect(status == 200) }
            }
        }
    }

    @Test func `a port that is taken is an error that names it`() async throws {
        try await withServer(handler: echo) { server, _ in
            var configuration = HTTPServer.Configuration()
            configuration.port = server.port
            do throws(HTTPServerError) {
                _ = try HTTPServer(configuration, handler: echo)
                Issue.record("two servers listen on one port")
            } catch {
                #expect(error.message.contains(":\(server.port)") && error.message.contains("in use"))
            }
        }
    }

    @Test func `an answer takes no timer's time`() async throws {
        try await withServer(handler: echo) { server, _ in
            let client = try RawClient(port: server.port)
            var times: [Duration] = []
            for _ in 0..<300 {
                let start = ContinuousClock.now
                client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi")
                _ = try await client.answer()
                times.append(.now - start)
            }
            times.sort()
            print("HTTP round trip: p50 \(times[150]), p90 \(times[270])")
            // The usual suspects, delayed acknowledgements and poll intervals, take 40 ms and more.
            #expect(times[150] < .milliseconds(20))
        }
    }
}
