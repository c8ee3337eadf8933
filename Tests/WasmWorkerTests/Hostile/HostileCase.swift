/// Something that a guest shouldn't do, and what is to come of it.
struct HostileCase: Sendable, CustomStringConvertible {
    enum End: Sendable {
        /// A dead letter with this code, whose cause contains the text; the worker's log names both.
        case deadLetter(String, because: String)
        /// The message is done; the log has the text, where one is given.
        case done(logged: String? = nil)
    }

    let number: Int
    /// A name in WebAssembly's text format.
    let name: String
    let end: End
    /// The type of the method's answer.
    var answer = "Void"
    /// Its code; texts are put into the guest's memory.
    let code: @Sendable (inout HostileGuest.Texts) -> String

    var method: String { "c" + (number < 10 ? "0" : "") + String(number) }
    var description: String { name }

    /// CPU time of each of the methods.
    static let milliseconds = 200
}

extension HostileCase {
    private static let forever = "(loop $again (br $again)) unreachable"
    /// A megabyte and a byte, within the memory of the guest.
    private static let tooLarge = "(i32.const 1048576) (i32.const 1048577)"

    private static let endless: [HostileCase] = [
        HostileCase(
            number: 1, name: "loops",
            end: .deadLetter("DEADLINE_EXCEEDED", because: "used up its 0.2 seconds of CPU time")
        ) { _ in forever },
        HostileCase(
            number: 2, name: "loops-through-the-host",
            end: .deadLetter("DEADLINE_EXCEEDED", because: "used up its 0.2 seconds of CPU time")
        ) { _ in "(loop $again (call $random (i32.const 65536) (i32.const 4096)) (br $again)) unreachable" },
        HostileCase(
            number: 3, name: "writes-a-gigabyte-of-state",
            end: .deadLetter("DEADLINE_EXCEEDED", because: "used up its 0.2 seconds of CPU time")
        ) { texts in
            // {"id":"k","pad":"aaaa…"} of a mebibyte, written a thousand times, and again.
            let head = texts.put("{\"id\":\"k\",\"pad\":\"")
            return """
                (memory.fill (i32.const 1048576) (i32.const 97) (i32.const 1048576))
                (memory.copy (i32.const 1048576) \(head))
                (i32.store16 (i32.const 2097150) (i32.const 0x7d22))
                (loop $again
                  (if (call $state_set (i32.const 1048576) (i32.const 1048576)) (then unreachable))
                  (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100000))))
                (i32.const 0)
                """
        },
    ]

    private static let excessive: [HostileCase] = [
        HostileCase(
            number: 4, name: "allocates-without-end",
            end: .deadLetter("RESOURCE_EXHAUSTED", because: "and may have 67108864")
        ) { _ in "(loop $again (br_if $again (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable" },
        HostileCase(
            number: 5, name: "recurses", end: .deadLetter("INTERNAL_ERROR", because: "call stack exhausted")
        ) { _ in "(call $recurses (i32.const 0) (i32.add (local.get $data_len) (i32.const 1)))" },
        HostileCase(
            number: 6, name: "grows-tables", end: .deadLetter("INTERNAL_ERROR", because: "unreachable")
        ) { _ in
            """
            (loop $again (br_if $again (i32.ne (table.grow $table (ref.null func) (i32.const 1000)) (i32.const -1))))
            (if (i32.gt_u (table.size $table) (i32.const 20000)) (then (return (i32.const 0))))
            unreachable
            """
        },
        HostileCase(number: 7, name: "floods-the-log", end: .done(logged: "bytes were dropped")) { texts in
            """
            (loop $again (call $log (i32.const 1) \(texts.put(String(repeating: "flood ", count: 20))))
              (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 20000))))
            (i32.const 0)
            """
        },
        HostileCase(number: 8, name: "floods-stdout", end: .done(logged: "bytes were dropped")) { _ in
            """
            (i32.store (i32.const 80) (i32.const 131072)) (i32.store (i32.const 84) (i32.const 131072))
            (loop $again (drop (call $fd_write (i32.const 1) (i32.const 80) (i32.const 1) (i32.const 90)))
              (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4))))
            (i32.const 0)
            """
        },
        HostileCase(
            number: 9, name: "floods-the-outbox",
            end: .done(
                logged:
                    "t.Hostile/c09 was refused 2000 host calls, the first: emit: 1000 messages have been emitted or sent; that is the limit"
            )
        ) { texts in
            """
            (loop $again (local.set $n (call $emit \(texts.put("t.made")) \(texts.put("{\"id\":\"flood\"}"))))
              (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3000))))
            (i32.const 0)
            """
        },
        HostileCase(
            number: 10, name: "floods-with-large-messages",
            end: .done(
                logged: "t.Hostile/c10 was refused 2 host calls, the first: emit: more than 4194304 bytes of messages")
        ) { texts in
            let head = texts.put("{\"id\":\"large\",\"pad\":\"")
            let event = texts.put("t.made")
            return """
                (memory.fill (i32.const 1048576) (i32.const 97) (i32.const 900000))
                (memory.copy (i32.const 1048576) \(head))
                (i32.store16 (i32.const 1948574) (i32.const 0x7d22))
                (loop $again (local.set $n (call $emit \(event) (i32.const 1048576) (i32.const 900000)))
                  (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 6))))
                (i32.const 0)
                """
        },
    ]

    private static let forbidden: [HostileCase] = [
        HostileCase(
            number: 11, name: "points-beyond-its-memory",
            end: .deadLetter(
                "INTERNAL_ERROR", because: "emit: 65536 bytes at 4294901760, but the memory ends at 3145728")
        ) { _ in "(drop (call $emit (i32.const 8) (i32.const 1) (i32.const -65536) (i32.const 65536))) (i32.const 0)" },
        HostileCase(
            number: 12, name: "emits-what-isn-t-declared",
            end: .done(
                logged:
                    "t.Hostile/c12 was refused a host call: t.Hostile doesn't declare the event \"t.other\" with @emits; it declares t.made"
            )
        ) { texts in
            "(if (i32.ne (call $emit \(texts.put("t.other")) \(texts.put("{}"))) (i32.const -3)) (then unreachable)) (i32.const 0)"
        },
        HostileCase(
            number: 13, name: "emits-what-isn-t-of-the-type",
            end: .done(logged: "t.Hostile/c13 was refused a host call: event t.made: ")
        ) { texts in
            "(if (i32.ne (call $emit \(texts.put("t.made")) \(texts.put("{\"id\":7}"))) (i32.const -4)) (then unreachable)) (i32.const 0)"
        },
        HostileCase(
            number: 14, name: "emits-a-key-with-a-zero-byte",
            end: .done(logged: "t.Hostile/c14 was refused a host call: event t.made: ")
        ) { texts in
            "(if (i32.ne (call $emit \(texts.put("t.made")) \(texts.put("{\"id\":\"a\\u0000\"}"))) (i32.const -4)) (then unreachable)) (i32.const 0)"
        },
        HostileCase(
            number: 15, name: "calls-what-isn-t-there",
            end: .done(
                logged: "t.Hostile/c15 was refused a host call: no deployed service has the method \"t.Nobody/take\"")
        ) { texts in
            "(if (i32.ne (call $send \(texts.put("t.Nobody/take")) (i32.const 0) (i32.const -1) \(texts.put("{}"))) (i32.const -3)) (then unreachable)) (i32.const 0)"
        },
        HostileCase(
            number: 16, name: "stores-more-than-a-state",
            end: .done(
                logged:
                    "t.Hostile/c16 was refused a host call: state_set: a state of 1048577 bytes; the limit is 1048576")
        ) { _ in
            "(if (i32.ne (call $state_set \(tooLarge)) (i32.const -2)) (then unreachable)) (i32.const 0)"
        },
        HostileCase(
            number: 17, name: "stores-what-Postgres-refuses",
            end: .deadLetter("INVALID_REQUEST", because: "Postgres can't store what t.Hostile/c17 made")
        ) { texts in "(call $state_set \(texts.put("{\"id\":\"k\",\"pad\":\"poison\"}")))" },
        HostileCase(
            number: 18, name: "exits",
            end: .deadLetter("INTERNAL_ERROR", because: "The guest ended itself with proc_exit(3)")
        ) { _ in "(call $proc_exit (i32.const 3)) unreachable" },
    ]

    private static let rubbish: [HostileCase] = [
        HostileCase(
            number: 19, name: "answers-what-isn-t-JSON",
            end: .deadLetter("INTERNAL_ERROR", because: "the answer of t.Hostile/c19 doesn't fit the schema"),
            answer: "Thing!"
        ) { texts in "(call $reply \(texts.put("\u{1}rubbish"))) (i32.const 0)" },
        HostileCase(
            number: 20, name: "answers-without-end-of-nesting",
            end: .deadLetter("INTERNAL_ERROR", because: "the answer of t.Hostile/c20 doesn't fit the schema"),
            answer: "JSON"
        ) { texts in
            """
            (memory.fill (i32.const 1048576) (i32.const 91) (i32.const 1000000))
            (memory.copy (i32.const 1048576) \(texts.put("{\"value\":")))
            (call $reply (i32.const 1048576) (i32.const 1000000)) (i32.const 0)
            """
        },
        HostileCase(
            number: 21, name: "answers-too-much",
            end: .deadLetter("INTERNAL_ERROR", because: "an answer of 1048577 bytes; the limit is 1048576")
        ) { _ in "(call $reply \(tooLarge)) (i32.const 0)" },
        HostileCase(
            number: 22, name: "returns-what-means-nothing",
            end: .deadLetter("INTERNAL_ERROR", because: "mesh_handle returned 7; there are 0")
        ) { _ in "(i32.const 7)" },
        HostileCase(
            number: 23, name: "fails-without-a-word",
            end: .deadLetter("INTERNAL_ERROR", because: "mesh_handle returned 1, but the guest didn't call `fail`")
        ) { _ in "(i32.const 1)" },
        HostileCase(
            number: 24, name: "fails-with-rubbish",
            end: .deadLetter("INTERNAL_ERROR", because: "the error isn't a JSON object")
        ) { texts in "(call $fail \(texts.put("{\"code\":\"X\",\"message\":\"y\""))) (i32.const 1)" },
        // Once quadratic: a minute on the host's time, after the guest had ended.
        HostileCase(
            number: 25, name: "fails-with-a-hundred-thousand-members",
            end: .deadLetter("INTERNAL_ERROR", because: "the error must have a `code`")
        ) { texts in
            """
            (local.set $at (i32.const 1048576))
            (i32.store8 (local.get $at) (i32.const 123))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (loop $again
              (memory.copy (local.get $at) \(texts.put("\"00000\":1,")))
              ;; Five digits, the lowest first.
              (local.set $n (local.get $i))
              \((1...5).map { "(i32.store8 (i32.add (local.get $at) (i32.const \($0))) (i32.add (i32.const 48) (i32.rem_u (local.get $n) (i32.const 10)))) (local.set $n (i32.div_u (local.get $n) (i32.const 10)))" }.joined(separator: "\n  "))
              (local.set $at (i32.add (local.get $at) (i32.const 10)))
              (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100000))))
            ;; The last comma becomes the end.
            (i32.store8 (i32.sub (local.get $at) (i32.const 1)) (i32.const 125))
            (call $fail (i32.const 1048576) (i32.sub (local.get $at) (i32.const 1048576))) (i32.const 1)
            """
        },
        HostileCase(
            number: 26, name: "forges-the-log",
            end: .done(logged: "innocent\n    | 00:00:00.000 error worker: forged \\u{1b}[31m")
        ) { texts in
            "(call $log (i32.const 1) \(texts.put("innocent\n00:00:00.000 error worker: forged \u{1b}[31m"))) (i32.const 0)"
        },
        HostileCase(
            number: 27, name: "has-a-name-of-sixty-thousand-letters-" + String(repeating: "a", count: 60_000),
            end: .deadLetter("INTERNAL_ERROR", because: "the handler crashed")
        ) { _ in "unreachable" },
    ]

    static let all = endless + excessive + forbidden + rubbish
}
