import HTTPServer
import TestSupport
import Testing

/// Requests that are asked about before their bodies are read.
@Suite struct AdmissionTests {
    private let head = "POST /asked HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"

    @Test func `a request that is let in goes on with its body, on a connection that stays`() async throws {
        let heads = Collector<HTTPRequestHead>()
        let gate = Gate()
        try await withServer {
            $0.admission = { head in
                guard head.rawPath == "/asked" else { return nil }
                heads.append(head)
                return {
                    await gate.wait()
                    return nil
                }
            }
        } handler: {
            try await echo($0)
        } _: { server, _ in
            let client = try RawClient(port: server.port)
            for (round, body) in ["first", "again"].enumerated() {
                client.send(head + "X-Thing: \(round)\r\n\r\n" + body)
                try await eventually("it is asked") { gate.count == round + 1 }
                gate.open()
                let answer = try await client.answer()
                #expect(answer.status == 200 && answer.body == "POST /asked \(body)")
            }
            #expect(heads.all.map { $0.headers["x-thing"] } == ["0", "1"])
            // In pieces, and by a client that waits to be told to send.
            client.send(head + "Expect: 100-continue\r\n\r\n")
            try await eventually("it is asked") { gate.count == 3 }
            gate.open()
            #expect(try await client.answer().status == 100)
            client.send("pi")
            client.send("ece")
            #expect(try await client.answer().body == "POST /asked piece")
            client.send("GET /other HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await client.answer().body == "GET /other ")
        }
    }

    @Test func `a request that isn't let in is answered without its body, which its sender may go on sending`()
        async throws
    {
        try await withServer {
            $0.maxBodyBytes = 100 << 20
            $0.admission = { _ in { .text("no\n", status: 401) } }
        } handler: { _ in
            Issue.record("it was let in")
            return .text("yes\n")
        } _: { server, url in
            let silent = try RawClient(port: server.port)
            silent.send(head + "\r\n")
            #expect(try await silent.answer().status == 401)
            let eager = try await HTTPClient().request("POST", url + "/", body: [UInt8](repeating: 0, count: 20 << 20))
            #expect(eager.status == 401 && eager.text == "no\n")
            try await eventually("no request to be left") { server.activeRequests == 0 }
        }
    }

    @Test func `while it is asked a client may go away and the server may stop`() async throws {
        let cancelled = Collector<Bool>()
        let asked = Collector<Bool>()
        let handler: HTTPServer.Handler = { _ in
            Issue.record("it was let in")
            return .text("yes\n")
        }
        try await withServer(
            {
                $0.admission = { _ in
                    {
                        asked.append(true)
                        // Longer than the test may take: what ends it is that it is cancelled.
                        try? await Task.sleep(for: .seconds(60))
                        cancelled.append(Task.isCancelled)
                        return .text("too late\n", status: 401)
                    }
                }
            }, handler: handler
        ) { server, _ in
            do {
                let gone = try RawClient(port: server.port)
                gone.send(head + "\r\n")
                try await asked.wait(for: 1)
            }
            #expect(try await cancelled.wait(for: 1) == [true])
            let stays = try RawClient(port: server.port)
            stays.send(head + "\r\n")
            try await asked.wait(for: 2)
            await server.stop(drainWithin: .zero)
            #expect(try await stays.answer().status == 503)
        }
    }
}
