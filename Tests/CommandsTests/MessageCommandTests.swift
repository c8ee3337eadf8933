import Commands
import Glibc
import Testing

@Suite struct MessageCommandTests {
    private static let accepted = (status: 202, body: #"{"id":"c-1"}"#)

    @Test func `what nobody waits for has no deadline`() async throws {
        let answers = ["POST /shop.Orders/place": Self.accepted]
        for words in [["send"], ["call", "--async"]] {
            let (run, requests) = try await ask(words + ["shop.Orders/place", "{}"], answers: answers)
            #expect(run.exit == .success, "\(run.error)")
            let request = try #require(requests.first)
            #expect(request.prefer == "respond-async")
            #expect(request.timeout == nil, "a worker that is down for a while would find it expired")
        }
        let (_, asked) = try await ask(
            ["call", "--async", "--timeout", "5s", "shop.Orders/place", "{}"], answers: answers)
        #expect(asked.first?.timeout == "5000")
        let (_, waiting) = try await ask(["call", "shop.Orders/place", "{}"], answers: answers)
        #expect(waiting.first?.timeout == "30000")
    }

    @Test func `a key with a line break doesn't become a header of its own`() async throws {
        for option in ["--key", "--idempotency-key"] {
            let (run, requests) = try await ask(
                ["call", "shop.Orders/place", "{}", option, "a\r\nPrefer: respond-async"], answers: [:])
            #expect(run.exit == .usage)
            #expect(run.error.contains("control character"))
            #expect(requests.isEmpty)
        }
    }

    @Test(arguments: [["--key", " a"], ["--key", "a "], ["--key", " "], ["--idempotency-key", " a"]])
    func `a key with a space at its end is refused: HTTP would take it away, and it would be another key`(
        _ option: [String]
    ) async throws {
        let (run, requests) = try await ask(
            ["call", "shop.Orders/place", "{}"] + option, answers: ["POST /shop.Orders/place": (200, "{}")])
        #expect(run.exit == .usage && run.error.contains("space"), "\(run.error)")
        #expect(requests.isEmpty)
    }

    @Test func `a workflow's id with a space at its end isn't another one's`() async throws {
        let (run, requests) = try await ask(
            ["workflows", "signal", "shop.Orders/pay", "o-1 "], answers: ["POST /shop.Orders/pay": (200, "{}")])
        #expect(run.exit == .usage, "\(run.error)")
        // It may ask for the routes before.
        #expect(!requests.contains { $0.line.hasPrefix("POST") })
    }

    @Test(arguments: ["call", "send"])
    func `a key that the method's rule goes before is refused, as nothing would be done for it`(
        _ command: String
    ) async throws {
        let routes = #"""
            {"services":[{"service":"shop.Orders","methods":[{"path":"/shop.Orders/place","key":"order.customer"},{"path":"/shop.Orders/poke","key":null}]}]}
            """#
        func run(_ method: String, _ data: String, routes: (status: Int, body: String)) async throws -> (
            run: ProgramRun, requests: [SeenRequest]
        ) {
            let target = "shop.Orders/" + method
            return try await ask(
                [command, target, data, "--key", "c-2"],
                answers: ["GET /api/v1/routes": routes, "POST /" + target: Self.accepted])
        }
        let seen = (status: 200, body: routes)
        let ruled = try await run("place", #"{"order":{"customer":"c-1"}}"#, routes: seen)
        #expect(ruled.run.exit == .usage && !ruled.requests.contains { $0.line.hasPrefix("POST") })
        #expect(ruled.run.error.contains("for the key 'c-1' by its arguments (order.customer)"), "\(ruled.run.error)")
        #expect(ruled.run.error.contains("--key says 'c-2'"), "\(ruled.run.error)")
        // The same, nothing, no rule, or nobody who may see the routes.
        for (method, data, routes) in [
            ("place", #"{"order":{"customer":"c-2"}}"#, seen), ("place", #"{"order":{"customer":null}}"#, seen),
            ("poke", #"{"order":{"customer":"c-1"}}"#, seen),
            (
                "place", #"{"order":{"customer":"c-1"}}"#,
                (status: 403, body: #"{"code":"PERMISSION_DENIED","message":"no"}"#)
            ),
        ] {
            let taken = try await run(method, data, routes: routes)
            #expect(taken.run.exit == .success, "\(data): \(taken.run.error)")
            #expect(taken.requests.last?.key == "c-2")
        }
        // Without a key there is nothing to look for.
        let plain = try await ask(
            [command, "shop.Orders/place", "{}"], answers: ["POST /shop.Orders/place": Self.accepted])
        #expect(plain.requests.map(\.line) == ["POST /shop.Orders/place"])
    }

    @Test func `a target is a path and nothing else`() async throws {
        let (_, requests) = try await ask(["call", "shop.Orders/place?dry=1 #x", "{}"], answers: [:])
        #expect(requests.first?.line == "POST /shop.Orders/place%3Fdry%3D1%20%23x")
    }

    @Test func `an event's attributes are escaped as CloudEvents has it`() async throws {
        let (run, requests) = try await ask(
            ["emit", "order.placed", "{}", "--id", "größe 100%", "--source", "/ü", "--key", "a b"],
            answers: ["POST /events": (202, #"{"accepted":1,"repeated":0}"#)])
        #expect(run.exit == .success, "\(run.error)")
        #expect(run.out == "größe 100%\n")
        let headers = try #require(requests.first).headers
        #expect(headers["ce-id"] == "gr%C3%B6%C3%9Fe%20100%25")
        #expect(headers["ce-source"] == "%2F%C3%BC")
        #expect(headers["ce-subject"] == "a%20b")
    }

    @Test func `a handler's own error is shown with its code and details, the mesh's with its message`() async throws {
        func error(_ code: String) -> String {
            #"{"code":"failed_precondition","message":"x","details":[],"mesh":{"code":"\#(code)","message":"none left","details":{"sku":"kite"},"retryable":false,"timestamp":"2026-11-21T06:00:00Z"}}"#
        }
        let own = try await ask(
            ["call", "shop.Orders/place", "{}"], answers: ["POST /shop.Orders/place": (400, error("OUT_OF_STOCK"))])
        #expect(own.run.exit == .failure)
        #expect(own.run.error == "error: OUT_OF_STOCK: none left\n  {\"sku\":\"kite\"}\n")
        let mesh = try await ask(
            ["call", "shop.Orders/place", "{}"], answers: ["POST /shop.Orders/place": (400, error("INVALID_REQUEST"))])
        #expect(mesh.run.error == "error: none left\n")
    }

    private static func letters(_ ids: some Sequence<Int>) -> String {
        "{\"dead_letters\":[\(ids.map { "{\"id\":\"\($0)\"}" }.joined(separator: ","))]}"
    }

    @Test func `all dead letters are redriven, the oldest first, however many there are`() async throws {
        let done = (1...1001).map { ("POST /api/v1/dead-letters/\($0)/redrive", (status: 200, body: "{}")) }
        let pages = [
            ("GET /api/v1/dead-letters#1", (status: 200, body: Self.letters((2...1001).reversed()))),
            ("GET /api/v1/dead-letters#2", (status: 200, body: Self.letters([1]))),
        ]
        let (run, requests) = try await ask(
            ["dead-letters", "redrive", "--all", "--service", "shop.Orders"],
            answers: Dictionary(done + pages, uniquingKeysWith: { $1 }))
        #expect(run.exit == .success, "\(run.error)")
        #expect(requests[1].query == ["limit": "1000", "service": "shop.Orders", "before": "2"])
        #expect(run.out == (1...1001).map { "redriven \($0)\n" }.joined())
    }

    @Test func `data that can't be read is a wrong command line with the reason`() async throws {
        let folder = open("/tmp", O_RDONLY)
        defer { close(folder) }
        for (argument, input, reason) in [
            ("-", folder, "standard input: Is a directory"), ("-", -1, "standard input: Bad file descriptor"),
            ("@/tmp", folder, "/tmp: Is a directory"), ("@none", folder, "none: No such file or directory"),
        ] {
            let failure = #expect(throws: CommandFailure.self) {
                try Payload.read(argument, directory: "/nonexistent", standardInput: input)
            }
            #expect(failure?.exit == .usage)
            #expect(failure?.message == "cannot read \(reason)")
        }
        // A process without a standard input has left the data out.
        #expect(try Payload.read(nil, directory: "/nonexistent", standardInput: -1) == Array("{}".utf8))
        #expect(throws: CommandFailure.self) { try Payload.read(nil, directory: "/", standardInput: folder) }
    }
}
