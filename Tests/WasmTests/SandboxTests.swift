import MeshCore
import Testing

@testable import Wasm

@Suite struct `A guest's effects` {
    @Test(arguments: [
        (
            "error while executing at wasm backtrace:\n    0: 0x1 - f\n\nCaused by:\n    wasm trap: unreachable",
            "wasm trap: unreachable\nerror while executing at wasm backtrace:\n    0: 0x1 - f"
        ),
        ("a\n\nCaused by:\n    0: b\n    1: c", "0: b; 1: c\na"), ("nothing else", "nothing else"), ("", ""),
    ])
    func `what stopped a guest is said before where it was`(text: String, expected: String) {
        #expect(WasmtimeFailure.causeFirst(text) == expected)
    }

    @Test func `an answer comes back as it was given, and the last one counts`() throws {
        let echo = "(call $reply (local.get $data) (local.get $data_len)) (i32.const 0)"
        #expect(try TextGuest.run(handle: echo, request: .test(data: "{\"a\":1}")).outcome.reply == "{\"a\":1}")
        let twice = "(call $reply (i32.const 8) (i32.const 1)) " + echo
        #expect(try TextGuest.run(handle: twice, request: .test(data: "[2]")).outcome.reply == "[2]")
    }

    @Test func `a guest that says nothing has completed without an answer or a change`() throws {
        let outcome = try TextGuest.run(handle: "(i32.const 0)").outcome
        #expect(outcome == .completed(GuestEffects(reply: nil, state: .unchanged, messages: [])))
    }

    @Test func `the method's name and the data lie in one block`() throws {
        let outcome = try TextGuest.run(
            handle: """
                (call $reply (local.get $method) (i32.add (local.get $method_len) (local.get $data_len)))
                (i32.ne (local.get $data) (i32.add (local.get $method) (local.get $method_len)))
                """, request: .test("Orders/x", data: "{}")
        ).outcome
        #expect(outcome.reply == "Orders/x{}")
    }

    @Test func `messages come back in the order of the calls, with what the host decided`() throws {
        let outcome = try TextGuest.run(
            handle: """
                (drop (call $emit (i32.const 8) (i32.const 12) (i32.const 50) (i32.const 2)))
                (drop (call $send (i32.const 20) (i32.const 15) (i32.const 35) (i32.const 3) (i32.const 50) (i32.const 2)))
                (drop (call $send (i32.const 20) (i32.const 15) (i32.const 0) (i32.const -1) (i32.const 50) (i32.const 2)))
                (i32.const 0)
                """, data: "order.placedshop.Stock/takekey............{}", host: StrictHost()
        ).outcome
        let data = Array("{}".utf8)
        #expect(
            outcome.effects?.messages == [
                GuestMessage(kind: .emit, name: "order.placed", key: "from the event", tag: 7, data: data),
                GuestMessage(kind: .send, name: "shop.Stock/take", key: "key", tag: 8, data: data),
                GuestMessage(kind: .send, name: "shop.Stock/take", key: "from the rule", tag: 8, data: data),
            ])
    }

    @Test
    func `a call that is sent later is due so much after the execution's time, and at once where there is no delay`()
        throws
    {
        func send(_ delay: Int64) -> String {
            "(drop (call $send_after (i32.const 8) (i32.const 15) (i32.const 0) (i32.const -1) (i32.const 23) (i32.const 2) (i64.const \(delay))))"
        }
        let request = GuestRequest.test()
        let outcome = try TextGuest.run(
            handle: [1_500_000, 0, -1, .min, 3_155_760_000_000_000].map(send).joined() + "(i32.const 0)",
            data: "shop.Stock/take{}", request: request, host: StrictHost()
        ).outcome
        let now = request.now
        #expect(
            outcome.effects?.messages.map(\.due) == [
                now.advanced(by: .microseconds(1_500_000)), nil, nil, nil,
                now.advanced(by: .microseconds(3_155_760_000_000_000)),
            ])
        #expect(outcome.effects?.messages.allSatisfy { $0.kind == .send && $0.key == "from the rule" } == true)
    }

    @Test(arguments: [3_155_760_000_000_001, Int64.max])
    func `a delay of more than a century is refused`(delay: Int64) throws {
        let outcome = try TextGuest.run(
            handle: """
                (i32.add (i32.const 4) (call $send_after (i32.const 8) (i32.const 15) (i32.const 0) (i32.const -1) (i32.const 23) (i32.const 2) (i64.const \(delay))))
                """, data: "shop.Stock/take{}", host: StrictHost()
        ).outcome
        #expect(outcome.effects?.messages.isEmpty == true)
    }

    @Test func `the state is read as this execution has set it so far`() throws {
        // Sets {}, reads it back and answers with it, then deletes it and sees none.
        let outcome = try TextGuest.run(
            handle: """
                (drop (call $state_set (i32.const 8) (i32.const 2)))
                (call $reply (i32.const 100) (call $state_get (i32.const 100) (i32.const 10)))
                (drop (call $state_delete))
                (i32.add (call $state_get (i32.const 100) (i32.const 10)) (i32.const 1))
                """, data: "{}", request: .test(state: "{\"old\":1}")
        ).outcome
        #expect(outcome.effects == GuestEffects(reply: Array("{}".utf8), state: .deleted, messages: []))
    }

    @Test func `deleting a state that isn't there is no change`() throws {
        let outcome = try TextGuest.run(handle: "(call $state_delete)").outcome
        #expect(outcome.effects?.state == .unchanged)
    }

    @Test func `a copy out writes nothing where there is too little room`() throws {
        let outcome = try TextGuest.run(
            handle: """
                (i32.store8 (i32.const 100) (i32.const 55))
                (if (i32.ne (call $state_get (i32.const 100) (i32.const 3)) (i32.const 4)) (then unreachable))
                (call $reply (i32.const 100) (i32.const 1))
                (i32.const 0)
                """, request: .test(state: "{  }")
        ).outcome
        #expect(outcome.reply == "7")
    }

    @Test func `fail drops every effect and arrives intact, whatever the guest returns`() throws {
        let error = #"{"code":"OUT_OF_STOCK","message":"none \u00e4 left","details":{"sku": [1, {}]},"retryable":true}"#
        let text = error.replacingQuotes
        for result in 0...1 {
            let outcome = try TextGuest.run(
                handle: """
                    (drop (call $emit (i32.const 8) (i32.const 1) (i32.const 8) (i32.const 1)))
                    (call $fail (i32.const 8) (i32.const \(error.utf8.count)))
                    (i32.const \(result))
                    """, data: text
            ).outcome
            #expect(
                outcome
                    == .failed(
                        GuestFailure(
                            code: "OUT_OF_STOCK", message: "none ä left", details: #"{"sku": [1, {}]}"#, retryable: true
                        )))
        }
    }

    @Test func `a guest says which of the mesh's codes its own stands for`() throws {
        let error = #"{"code":"OUT_OF_STOCK","class":"CONFLICT","message":"none left"}"#
        let outcome = try TextGuest.run(
            handle: "(call $fail (i32.const 8) (i32.const \(error.utf8.count))) (i32.const 1)",
            data: error.replacingQuotes
        ).outcome
        guard case .failed(let failure) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(failure.meshError().code == .conflict && failure.meshError().applicationCode == "OUT_OF_STOCK")
    }

    @Test(arguments: [
        "", "nonsense", "[]", "{}", #"{"code":"A"}"#, #"{"code":"","message":"m"}"#, #"{"code":1,"message":"m"}"#,
        #"{"code":"A","message":"m","retryable":"yes"}"#, #"{"code":"A","message":"m","class":"NO_SUCH"}"#,
        #"{"code":"A","message":"m"} x"#,
        #"{"code":"A","code":"B","message":"m"}"#,
    ])
    func `an error that isn't one is bad output`(error: String) throws {
        let outcome = try TextGuest.run(
            handle: "(call $fail (i32.const 8) (i32.const \(error.utf8.count))) (i32.const 1)",
            data: error.replacingQuotes
        ).outcome
        #expect(outcome.badOutput?.hasPrefix("fail:") == true)
    }

    @Test(arguments: [(1, "without"), (7, "returned 7"), (-1, "returned -1")])
    func `a result that means nothing is bad output`(result: Int, reason: String) throws {
        let outcome = try TextGuest.run(handle: "(i32.const \(result))").outcome
        #expect(outcome.badOutput?.contains(result == 1 ? "didn't call `fail`" : reason) == true)
    }
}

@Suite struct `What a guest may ask` {
    @Test(
        arguments: [
            (0, "id-1"), (1, "k1"), (2, "shop.Orders/place"), (3, "/http"), (4, nil), (5, nil), (6, "3"), (7, nil),
            (8, "shop.Orders"),
            (9, nil), (11, #"{"name":"ada","roles":[]}"#), (12, nil), (-1, nil),
        ] as [(Int, String?)])
    func `facts of the message`(field: Int, value: String?) throws {
        let outcome = try TextGuest.run(
            handle: """
                (local.set $n (call $context (i32.const \(field)) (i32.const 100) (i32.const 50)))
                (if (i32.eq (local.get $n) (i32.const -1)) (then (return (i32.const 0))))
                (call $reply (i32.const 100) (local.get $n)) (i32.const 0)
                """, request: .test(attempt: 3, principal: #"{"name":"ada","roles":[]}"#)
        ).outcome
        #expect(outcome.effects != nil)
        #expect(outcome.reply == value)
    }

    @Test func `configuration values, and that one is absent`() throws {
        let handle = """
            (local.set $n (call $config (i32.const 8) (i32.const 4) (i32.const 100) (i32.const 50)))
            (if (i32.eq (local.get $n) (i32.const -1)) (then (return (i32.const 0))))
            (call $reply (i32.const 100) (local.get $n)) (i32.const 0)
            """
        let host = PermissiveHost(values: ["rate": "5"])
        #expect(try TextGuest.run(handle: handle, data: "rate", host: host).outcome.reply == "5")
        #expect(
            try TextGuest.run(handle: handle, data: "else", host: host).outcome
                == .completed(GuestEffects(reply: nil, state: .unchanged, messages: [])))
    }

    @Test func `the clock stands still and shows the request's time, in both interfaces`() throws {
        let outcome = try TextGuest.run(
            handle: """
                (i64.store (i32.const 100) (call $now))
                (drop (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 108)))
                (call $reply (i32.const 100) (i32.const 16)) (i32.const 0)
                """
        ).outcome
        let reply = try #require(outcome.effects?.reply)
        let times = [0, 8].map { at in reply.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: at, as: Int64.self) } }
        #expect(times == [1_700_000_000_123_456, 1_700_000_000_123_456_000])
    }

    @Test func `random bytes are the same for each attempt, others for another message, and never repeat within one`()
        throws
    {
        let module = try TextGuest.module(
            handle: """
                (call $random (i32.const 100) (i32.const 5))
                (call $random (i32.const 105) (i32.const 95))
                (drop (call $random_get (i32.const 200) (i32.const 100)))
                (call $reply (i32.const 100) (i32.const 200)) (i32.const 0)
                """)
        func bytes(_ id: String, _ attempt: Int) throws -> [UInt8] {
            try #require(
                Sandbox.run(module, .test(id: id, attempt: attempt), host: PermissiveHost()).outcome.effects?.reply)
        }
        let first = try bytes("id-1", 1)
        #expect(try bytes("id-1", 2) == first)
        #expect(try bytes("id-2", 1) != first)
        #expect(first[0..<100] != first[100..<200])
    }

    @Test func `the log keeps levels and order, joins pieces of stdout, and repairs what isn't UTF-8`() throws {
        // Two vectors at 40: "ab" and "c\nd"; then the rest goes to stderr.
        let run = try TextGuest.run(
            handle: """
                (call $log (i32.const 3) (i32.const 8) (i32.const 2))
                (i32.store (i32.const 40) (i32.const 8)) (i32.store (i32.const 44) (i32.const 2))
                (i32.store (i32.const 48) (i32.const 10)) (i32.store (i32.const 52) (i32.const 3))
                (drop (call $fd_write (i32.const 1) (i32.const 40) (i32.const 2) (i32.const 60)))
                (drop (call $fd_write (i32.const 2) (i32.const 48) (i32.const 1) (i32.const 60)))
                (call $log (i32.const 0) (i32.const 13) (i32.const 1))
                (call $reply (i32.const 60) (i32.const 1)) (i32.const 0)
                """, data: "abc\\nd\\ff")
        #expect(run.outcome.effects?.reply == [3])
        #expect(
            run.logs == [
                GuestLogLine(level: .error, text: "ab"), GuestLogLine(level: .info, text: "abc"),
                GuestLogLine(level: .warning, text: "c"), GuestLogLine(level: .debug, text: "\u{FFFD}"),
                GuestLogLine(level: .info, text: "d"), GuestLogLine(level: .warning, text: "d"),
            ])
    }

    @Test(
        arguments: [
            ("(call $state_set (i32.const 8) (i32.const 5))", -4, "state: not an object"),
            (
                "(call $emit (i32.const 8) (i32.const 5) (i32.const 8) (i32.const 5))", -3,
                "the service doesn't emit other"
            ),
            ("(call $emit (i32.const 13) (i32.const 12) (i32.const 8) (i32.const 5))", -4, "data: not an object"),
            (
                "(call $emit (i32.const 25) (i32.const 1) (i32.const 8) (i32.const 5))", -4,
                "emit: the event's name isn't UTF-8"
            ),
            (
                "(call $emit (i32.const 0) (i32.const 5000) (i32.const 8) (i32.const 5))", -2,
                "emit: names and keys of 5000 bytes; the limit is 4096"
            ),
            (
                "(call $send (i32.const 8) (i32.const 5) (i32.const 0) (i32.const -1) (i32.const 8) (i32.const 5))", -3,
                "there is no other"
            ),
            (
                "(call $send (i32.const 8) (i32.const 5) (i32.const 25) (i32.const 1) (i32.const 8) (i32.const 5))", -4,
                "send: the key isn't UTF-8"
            ),
            (
                "(call $config (i32.const 25) (i32.const 1) (i32.const 0) (i32.const 0))", -4,
                "config: the name isn't UTF-8 of at most 4096 bytes"
            ),
        ] as [(String, Int, String)])
    func `what the host refuses has no effect and can be asked about`(call: String, result: Int, reason: String) throws
    {
        let outcome = try TextGuest.run(
            handle: """
                (if (i32.ne \(call) (i32.const \(result))) (then unreachable))
                (call $reply (i32.const 200) (call $last_error (i32.const 200) (i32.const 300)))
                (i32.const 0)
                """, data: "otherorder.placed\\ff", host: StrictHost()
        ).outcome
        #expect(outcome.effects == GuestEffects(reply: Array(reason.utf8), state: .unchanged, messages: []))
    }

    @Test func `a service without state is told so`() throws {
        let outcome = try TextGuest.run(
            handle: """
                (i32.add (i32.const 15) (i32.add (call $state_delete) (i32.add
                  (call $state_set (i32.const 8) (i32.const 1)) (call $state_get (i32.const 8) (i32.const 1)))))
                """, request: .test(hasState: false, state: "{}")
        ).outcome
        #expect(outcome.effects?.state == .unchanged)
    }
}

extension String {
    /// For a string of WebAssembly's text format.
    var replacingQuotes: String {
        split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\5c")
            .split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\\22")
    }
}
