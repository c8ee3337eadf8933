import HTTPServer
import TestSupport
import Testing

@Suite struct HTTPClientTests {
    @Test func `nobody there is an error that says so`() async throws {
        let server = try HTTPServer(HTTPServer.Configuration(), handler: echo)
        let port = server.port
        await server.stop(drainWithin: .zero)
        do throws(HTTPClientError) {
            _ = try await HTTPClient().request("GET", "http://127.0.0.1:\(port)/x")
            Issue.record("there was an answer")
        } catch {
            #expect(error.kind == .unreachable)
            #expect(error.message.contains("http://127.0.0.1:\(port)/x"))
            #expect(error.message.contains("refused"))
        }
    }

    @Test func `a password in a URL stands in no error`() async throws {
        let error = await #expect(throws: HTTPClientError.self) {
            try await HTTPClient().request("GET", "http://ann:hunter2@127.0.0.1:1/x")
        }
        #expect(error?.message.contains("http://127.0.0.1:1/x:") == true && error?.message.contains("hunter2") == false)
    }

    @Test func `no answer in time is an error that says so`() async throws {
        let handler: HTTPServer.Handler = { _ in
            try? await Task.sleep(for: .seconds(60))
            return .text("")
        }
        try await withServer(handler: handler) { _, url in
            do throws(HTTPClientError) {
                _ = try await HTTPClient().request("GET", url, timeout: .milliseconds(200))
                Issue.record("there was an answer")
            } catch {
                #expect(error.kind == .timedOut)
            }
        }
    }

    @Test func `a cancelled task ends its request`() async throws {
        let started = Collector<Bool>()
        let handler: HTTPServer.Handler = { _ in
            started.append(true)
            try? await Task.sleep(for: .seconds(60))
            return .text("")
        }
        try await withServer(handler: handler) { _, url in
            let task = Task { () -> HTTPClientError.Kind? in
                do throws(HTTPClientError) {
                    _ = try await HTTPClient().request("GET", url)
                    return nil
                } catch {
                    return error.kind
                }
            }
            try await started.wait(for: 1)
            task.cancel()
            #expect(await task.value == .cancelled)
        }
    }

    @Test func `what isn't HTTP is refused`() async throws {
        for url in ["file:///etc/passwd", "nonsense://x", ""] {
            do throws(HTTPClientError) {
                _ = try await HTTPClient().request("GET", url)
                Issue.record("there was an answer from \(url)")
            } catch {
                #expect(error.kind == .failed || error.kind == .unreachable)
            }
        }
    }

    @Test func `a path arrives as it is, steps upwards included`() async throws {
        try await withServer(handler: echo) { _, url in
            for path in ["/a/..", "/a/../b", "/a/./b"] {
                let answer = try await HTTPClient().request("GET", url + path)
                #expect(answer.text == "GET \(path) ")
            }
        }
    }

    @Test func `TLS that doesn't come about has sent nothing`() async throws {
        try await withServer(handler: echo) { _, url in
            do throws(HTTPClientError) {
                _ = try await HTTPClient().request("GET", url.replacing("http:", with: "https:"))
                Issue.record("there was an answer")
            } catch {
                #expect(error.kind == .unreachable)
                #expect(error.description.contains("TLS doesn't come about"), "\(error)")
            }
        }
    }

    @Test func `every method, with and without a body, arrives`() async throws {
        try await withServer(handler: echo) { _, url in
            for method in ["GET", "POST", "PUT", "DELETE", "PATCH"] {
                let bare = try await HTTPClient().request(method, "\(url)/x")
                #expect(bare.text == "\(method) /x ")
                let empty = try await HTTPClient().request(method, "\(url)/x", body: [])
                #expect(empty.text == "\(method) /x ")
                let full = try await HTTPClient().request(method, "\(url)/x", body: Array("b".utf8))
                #expect(full.text == "\(method) /x b")
            }
            let head = try await HTTPClient().request("HEAD", "\(url)/x")
            #expect(head.status == 200 && head.body.isEmpty)
        }
    }
}
