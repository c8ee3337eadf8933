import HTTPServer
import TestSupport
import Testing

/// Requests that two servers could read in two ways: a proxy in front and this one must never disagree about where the next request begins.
@Suite struct SmugglingTests {
    /// What comes behind, which a handler must never see.
    private static let hidden = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"

    struct Attempt: Sendable, CustomTestStringConvertible {
        var name: String
        var request: String
        var testDescription: String { name }
    }

    private static func post(_ fields: String, _ body: String) -> String {
        "POST /a HTTP/1.1\r\nHost: x\r\n\(fields)\r\n\r\n\(body)"
    }

    static let refused: [Attempt] = [
        Attempt(
            name: "a length and chunks",
            request: post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n" + hidden)),
        Attempt(
            name: "chunks and a length",
            request: post("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n" + hidden)),
        Attempt(name: "a zero byte in a value", request: post("Mesh-Key: a\0b\r\nContent-Length: 38", hidden)),
        Attempt(name: "two lengths", request: post("Content-Length: 0\r\nContent-Length: 38", hidden)),
        Attempt(name: "two lengths that agree", request: post("Content-Length: 1\r\nContent-Length: 1", "x" + hidden)),
        Attempt(name: "a list of lengths", request: post("Content-Length: 0, 38", hidden)),
        Attempt(name: "a length with a sign", request: post("Content-Length: +0", hidden)),
        Attempt(name: "a negative length", request: post("Content-Length: -1", hidden)),
        Attempt(name: "a hexadecimal length", request: post("Content-Length: 0x0", hidden)),
        Attempt(name: "a length beyond 64 bits", request: post("Content-Length: 18446744073709551616", hidden)),
        Attempt(name: "an empty length", request: post("Content-Length: ", hidden)),
        Attempt(name: "another encoding", request: post("Transfer-Encoding: gzip", hidden)),
        Attempt(name: "chunks twice", request: post("Transfer-Encoding: chunked, chunked", "0\r\n\r\n" + hidden)),
        Attempt(
            name: "chunks that aren't last", request: post("Transfer-Encoding: chunked, identity", "0\r\n\r\n" + hidden)
        ),
        Attempt(
            name: "two encodings",
            request: post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "0\r\n\r\n" + hidden)),
        Attempt(
            name: "an encoding that is nearly chunked",
            request: post("Transfer-Encoding: xchunked", "0\r\n\r\n" + hidden)),
        Attempt(
            name: "an encoding with a vertical tab",
            request: post("Transfer-Encoding: \u{b}chunked", "0\r\n\r\n" + hidden)),
        Attempt(name: "a space before the colon", request: post("Content-Length : 38", hidden)),
        Attempt(
            name: "a space before the colon of an encoding",
            request: post("Transfer-Encoding : chunked", "0\r\n\r\n" + hidden)),
        Attempt(name: "a name with a tab", request: post("Content-\tLength: 38", hidden)),
        Attempt(name: "a control character in a value", request: post("X-A: b\u{1}c\r\nContent-Length: 0", hidden)),
        Attempt(
            name: "two hosts", request: "POST /a HTTP/1.1\r\nHost: x\r\nHost: y\r\nContent-Length: 0\r\n\r\n" + hidden),
        Attempt(name: "no host", request: "POST /a HTTP/1.1\r\nContent-Length: 0\r\n\r\n" + hidden),
        Attempt(
            name: "a chunk of a size that isn't one",
            request: post("Transfer-Encoding: chunked", "x\r\nhello\r\n0\r\n\r\n" + hidden)),
        Attempt(
            name: "a chunk of a negative size",
            request: post("Transfer-Encoding: chunked", "-1\r\nhello\r\n0\r\n\r\n" + hidden)),
        Attempt(
            name: "a chunk beyond 64 bits",
            request: post("Transfer-Encoding: chunked", "10000000000000000\r\nhello\r\n0\r\n\r\n" + hidden)),
        Attempt(
            name: "a chunk without its end",
            request: post("Transfer-Encoding: chunked", "1\r\nhello\r\n0\r\n\r\n" + hidden)),
    ]

    @Test(arguments: refused) func `what could be read in two ways is refused, and nothing behind it is read`(
        attempt: Attempt
    ) async throws {
        let seen = Collector<String>()
        try await withServer { configuration in
            configuration.idleTimeout = .seconds(1)
            configuration.bodyTimeout = .seconds(1)
        } handler: { request in
            seen.append(request.path)
            return .text("ok")
        } _: { server, _ in
            let client = try RawClient(port: server.port)
            client.send(attempt.request)
            let text = try await client.rest()
            #expect(!seen.all.contains("/smuggled"), "\(attempt.name): \(text)")
            #expect(!seen.all.contains("/a"), "\(attempt.name): \(text)")
            #expect(
                text.isEmpty || text.hasPrefix("HTTP/1.1 400") || text.hasPrefix("HTTP/1.1 413"),
                "\(attempt.name): \(text)")
            // (libmicrohttpd writes the head of its own 400 twice, and closes.)
            #expect(!text.contains("HTTP/1.1 2"), "\(attempt.name): \(text)")
        }
    }

    @Test func `space around a header's value isn't part of it`() async throws {
        let seen = Collector<String>()
        try await withServer {
            $0.idleTimeout = .seconds(2)
        } handler: { request in
            seen.append("[\(request.headers["x-a"] ?? "")][\(request.headers["x-b"] ?? "")]")
            return .text("ok")
        } _: { server, _ in
            let client = try RawClient(port: server.port)
            client.send("GET /a HTTP/1.1\r\nHost: x\r\nX-A:  b c  \r\nX-B:   \r\nConnection: close\r\n\r\n")
            let text = try await client.rest()
            #expect(seen.all == ["[b c][]"] && text.hasPrefix("HTTP/1.1 200"), "\(text)")
        }
    }

    @Test func `a header that goes on in another line is one value, or refused`() async throws {
        let seen = Collector<String>()
        try await withServer {
            $0.idleTimeout = .seconds(2)
        } handler: { request in
            seen.append("\(request.path) \(request.headers["x-a"] ?? "") \(request.body.count)")
            return .text("ok")
        } _: { server, _ in
            let client = try RawClient(port: server.port)
            client.send(
                "POST /a HTTP/1.1\r\nHost: x\r\nX-A: b\r\n Content-Length: 38\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                    + Self.hidden)
            let text = try await client.rest()
            #expect(!seen.all.contains { $0.hasPrefix("/smuggled") }, "\(text)")
            #expect(seen.all.allSatisfy { $0.hasSuffix(" 0") }, "\(seen.all)")
        }
    }

    @Test func `lines that end in LF alone separate the same requests as lines that end in CRLF`() async throws {
        let seen = Collector<String>()
        try await withServer {
            $0.idleTimeout = .seconds(2)
        } handler: { request in
            seen.append("\(request.path) \(request.body.count)")
            return .text("ok")
        } _: { server, _ in
            let client = try RawClient(port: server.port)
            client.send(
                "POST /a HTTP/1.1\nHost: x\nContent-Length: 3\n\nabcGET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            )
            _ = try await client.rest()
            #expect(seen.all == ["/a 3", "/b 0"] || seen.all.isEmpty, "\(seen.all)")
        }
    }

    @Test func `a thousand small headers are refused like one large one`() async throws {
        try await withServer {
            $0.maxHeaderBytes = 8 << 10
        } handler: { _ in
            .text("ok")
        } _: { server, _ in
            let client = try RawClient(port: server.port)
            client.send("GET / HTTP/1.1\r\nHost: x\r\n" + (0..<1000).map { "X-\($0): \($0)\r\n" }.joined() + "\r\n")
            let answer = try await client.answer()
            #expect(answer.status == 431, "\(answer)")
        }
    }
}
