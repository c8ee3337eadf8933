import Commands
import Foundation
import MeshCore
import TestSupport
import Testing

@Suite struct WorkflowCommandTests {
    private static func row(_ id: String, status: String = "running") -> String {
        // 2h 5m, and half a minute into it: a slow machine shows the same.
        let started = Timestamp.now.advanced(by: .seconds(-7530)).iso8601
        return #"""
            {"service":"shop.Orders","id":"\#(id)","type":"fulfil","status":"\#(status)","run":1,"version":"1.0.0","digest":"3fa4c1d2e5b6a7","entries":5,
            "waitingFor":"signal approve","waitingSince":"\#(started)","attempt":0,"parent":null,"startedAt":"\#(started)","updatedAt":"\#(started)",
            "endedAt":null,"result":null,"error":null,"timers":[]}
            """#
    }

    private static func page(_ ids: [String], next: String? = nil) -> String {
        "{\"workflows\":[\(ids.map { row($0) }.joined(separator: ","))],\"next\":\(next.map { "\"\($0)\"" } ?? "null")}"
    }

    private static let taken = #"{"order":"cancel","message":"m-1","state":"taken","workflow":\#(row("o-1"))}"#

    // MARK: Looking

    @Test func `list asks for what its options say and shows what they wait for`() async throws {
        let (run, requests) = try await ask(
            [
                "workflows", "list", "--service", "shop.Orders", "--type", "fulfil", "--status", "open", "--waiting",
                "approve", "--since", "2h", "--id", "o-", "--limit", "2",
            ], answers: ["GET /api/v1/workflows": (200, Self.page(["o-1", "o-2"], next: "1/shop.Orders/o-2"))])
        #expect(run.exit == .success, "\(run.error)")
        let query = try #require(requests.first).query
        #expect(
            query["status"] == "open" && query["waiting"] == "approve" && query["id"] == "o-" && query["limit"] == "2")
        #expect(query["since"].flatMap { Timestamp(iso8601: $0) } != nil)
        #expect(run.out.contains("SERVICE") && run.out.contains("o-2") && run.out.contains("signal approve"))
        #expect(run.out.contains("2h 5m"), "\(run.out)")
        #expect(run.out.contains("more with --after '1/shop.Orders/o-2'"))
    }

    @Test(arguments: [["workflows", "list"], ["workflows", "list", "--counts"], ["schedules", "list"]])
    func `a misspelled service isn't taken for one that has none`(_ words: [String]) async throws {
        let answers = [
            "GET /api/v1/workflows": (status: 200, body: #"{"workflows":[],"next":null}"#),
            "GET /api/v1/workflows/counts": (200, #"{"counts":[]}"#),
            "GET /api/v1/schedules": (200, #"{"schedules":[]}"#),
            "GET /api/v1/services": (200, #"{"services":[{"service":"shop.Orders"}]}"#),
        ]
        let none = "no \(words[0])"
        let misspelled = try await ask(words + ["--service", "shop.Order"], answers: answers).run
        #expect(misspelled.exit == .success)
        #expect(misspelled.out == "\(none); no service 'shop.Order' is deployed; did you mean 'shop.Orders'?\n")
        #expect(
            try await ask(words + ["--service", "shop.Orders"], answers: answers).run.out == "\(none) of shop.Orders\n")
        #expect(try await ask(words, answers: answers).run.out == "\(none)\n")
    }

    @Test func `what callers chose drives no terminal`() async throws {
        let row = Self.row(#"o\u001b[2J\u009b1m'1"#).replacing("signal approve", with: #"signal a\u0007\nb"#)
            .replacing(#""error":null"#, with: #""error":{"code":"ODD","message":"x\u001b[31m"}"#)
            .replacing(#""result":null"#, with: #""result":"\u009b2J""#)
        let path = "/api/v1/workflows/shop.Orders/o"
        let answers = [
            "GET /api/v1/workflows": (status: 200, body: "{\"workflows\":[\(row)],\"next\":\"1/shop.Orders/o'1\"}"),
            "GET \(path)": (200, row), "GET \(path)/journal": (200, #"{"entries":[],"next":null}"#),
            "POST \(path)/cancel": (200, #"{"state":"taken","workflow":\#(row)}"#),
        ]
        let list = try await ask(["workflows", "list"], answers: answers).run
        #expect(list.out.contains(#"more with --after '1/shop.Orders/o'\''1'"#), "\(list.out)")
        let show = try await ask(["workflows", "show", "shop.Orders", "o"], answers: answers).run
        #expect(show.out.contains(#"o\u{1b}[2J\u{9b}1m'1  running"#), "\(show.out)")
        #expect(show.out.contains(#"waits for signal a\u{7}\u{a}b, since"#) && show.out.contains(#"ODD: x\u{1b}[31m"#))
        #expect(show.out.contains(#"result "\u009b2J""#), "\(show.out)")
        let cancel = try await ask(["workflows", "cancel", "shop.Orders", "o"], answers: answers).run
        for run in [list, show, cancel] {
            #expect(run.exit == .success, "\(run.error)")
            #expect(!run.out.unicodeScalars.contains { $0 != "\n" && $0.properties.generalCategory == .control })
        }
    }

    @Test func `counts are a table, and json is what the router says`() async throws {
        let body =
            #"{"counts":[{"service":"shop.Orders","type":"fulfil","status":"running","count":12,"oldest":"2026-11-21T00:00:00Z"}]}"#
        let answers = ["GET /api/v1/workflows/counts": (status: 200, body: body)]
        let people = try await ask(["workflows", "list", "--counts"], answers: answers)
        #expect(people.run.out.contains("running") && people.run.out.contains("12"))
        let machines = try await ask(["workflows", "list", "--counts", "--json"], answers: answers)
        #expect(machines.run.out == body + "\n")
    }

    @Test func `counts don't go with filters that they would ignore`() async throws {
        for filter in [["--id", "o"], ["--status", "open"], ["--waiting-longer", "1h"], ["--type", "fulfil"]] {
            let (run, requests) = try await ask(["workflows", "list", "--counts"] + filter, answers: [:])
            #expect(run.exit == .usage && requests.isEmpty, "\(filter)")
            #expect(run.error.contains("it doesn't go with \(filter[0])"), "\(run.error)")
        }
    }

    @Test(arguments: ["nonsense", "open,runing", "Open"])
    func `a status that isn't one is a wrong command line, and told what there is`(status: String) async throws {
        let (run, requests) = try await ask(["workflows", "list", "--status", status], answers: [:])
        #expect(run.exit == .usage && requests.isEmpty)
        #expect(
            run.error.contains("is not a status") && run.error.contains("running, stuck, completed"), "\(run.error)")
    }

    @Test func `a wrong time is a usage error and nothing is asked`() async throws {
        let (run, requests) = try await ask(["workflows", "list", "--since", "yesterday"], answers: [:])
        #expect(run.exit == .usage)
        #expect(requests.isEmpty)
    }

    @Test func `show reads the whole journal and lays the steps out`() async throws {
        let path = "/api/v1/workflows/shop.Orders/o%2F1"
        let at = { (second: Int) in "2026-11-21T06:00:\(second < 10 ? "0" : "")\(second).000000Z" }
        let first = """
            {"entries":[{"seq":1,"run":1,"kind":"started","at":"\(at(0))","details":{"source":"/http"}},
            {"seq":2,"run":1,"kind":"local","op":1,"name":"shop.Orders/reserve","result":{},"at":"\(at(1))"},
            {"seq":3,"run":1,"kind":"call","op":2,"name":"pay.Payments/capture","at":"\(at(1))"}],"next":3}
            """
        let second = """
            {"entries":[{"seq":4,"run":1,"kind":"retried","op":2,"result":{"code":"PROVIDER_UNAVAILABLE","message":"away"},"at":"\(at(3))"},
            {"seq":5,"run":1,"kind":"answered","op":2,"attempt":2,"result":{"ok":true},"at":"\(at(6))"},
            {"seq":6,"run":1,"kind":"receive","op":3,"name":"approve","at":"\(at(6))"}],"next":null}
            """
        let answers = [
            "GET \(path)": (status: 200, body: Self.row("o/1")), "GET \(path)/journal#1": (status: 200, body: first),
            "GET \(path)/journal#2": (status: 200, body: second),
        ]
        let (run, requests) = try await ask(["workflows", "show", "shop.Orders", "o/1"], answers: answers)
        #expect(run.exit == .success, "\(run.error)")
        #expect(requests.last?.query["after"] == "3")
        let lines = run.out.split(separator: "\n").map(String.init)
        #expect(lines[0].hasPrefix("shop.Orders/fulfil o/1  running"))
        #expect(run.out.contains("waits for signal approve, since 2h 5m"), "\(run.out)")
        let capture = try #require(lines.first { $0.contains("pay.Payments/capture") })
        #expect(capture.contains("5.0 s") && capture.contains("attempt 2"), "\(capture)")
        #expect(try #require(lines.first { $0.contains("signal approve  ") }).contains("waits"), "\(run.out)")
        let shown = try await json(["workflows", "show", "shop.Orders", "o/1"], answers)
        #expect(shown["journal"]?.elements.count == 6)
    }

    private func json(_ words: [String], _ answers: [String: (status: Int, body: String)]) async throws
        -> JSONNode
    {
        try JSONReader.read(try await ask(words + ["--json"], answers: answers).run.out)
    }

    @Test func `a workflow that isn't there is 1, with the router's words`() async throws {
        let (run, _) = try await ask(["workflows", "show", "shop.Orders", "o-9"], answers: [:])
        #expect(run.exit == .failure)
        #expect(run.error.contains("nothing is at"))
        #expect(try await usage(["workflows", "show", "shop", "o-9"]).contains("namespace.Service"))
    }

    private func usage(_ words: [String]) async throws -> String {
        let (run, requests) = try await ask(words, answers: [:])
        #expect(run.exit == .usage)
        #expect(requests.isEmpty)
        return run.error
    }

    // MARK: Talking

    @Test func `start hands its id on and prints it, or waits for the end`() async throws {
        let answers = ["POST /shop.Orders/fulfil": (status: 202, body: #"{"id":"c-1","workflow":"o-1"}"#)]
        let (run, requests) = try await ask(
            ["workflows", "start", "shop.Orders/fulfil", #"{"order":"o-1"}"#, "--id", "o-1"], answers: answers)
        #expect(run.out == "o-1\n")
        let start = try #require(requests.first { $0.line.hasPrefix("POST") })
        #expect(start.key == "o-1" && start.prefer == "respond-async")
        #expect(start.body == #"{"order":"o-1"}"#)
        let waited = try await json(
            ["workflows", "start", "shop.Orders/fulfil", "{}", "--wait"],
            ["POST /shop.Orders/fulfil": (200, #"{"value":"DONE"}"#)])
        #expect(waited.text("value") == "DONE")
        let (call, _) = try await ask(
            ["workflows", "start", "shop.Orders/place", "{}"],
            answers: ["POST /shop.Orders/place": (202, #"{"id":"c-1"}"#)])
        #expect(call.exit == .failure)
        #expect(call.error.contains("isn't a workflow"))
    }

    @Test func `a start that its owner refuses is an error, and one that it took ends at once`() async throws {
        let journal = "GET /api/v1/workflows/shop.Orders/o-1/journal"
        let accepted = ("POST /shop.Orders/fulfil", (status: 202, body: #"{"id":"c-2","workflow":"o-1"}"#))
        let pending = #"{"id":"c-2","state":"pending"}"#
        let conflict = #"{"id":"c-2","state":"failed","error":{"code":"CONFLICT","message":"exists already"}}"#
        let others = #"{"entries":[{"seq":1,"kind":"started","details":{"id":"c-1"}}]}"#
        let refused = try await ask(
            ["workflows", "start", "shop.Orders/fulfil", "{}"],
            answers: Dictionary(uniqueKeysWithValues: [
                accepted, ("GET /api/v1/calls/c-2#1", (200, pending)), ("GET /api/v1/calls/c-2", (200, conflict)),
                (journal, (200, others)),
            ]))
        #expect(refused.run.exit == .refused)
        #expect(refused.run.error == "error: exists already\n" && refused.run.out == "")
        let own = #"{"entries":[{"seq":1,"kind":"started","details":{"id":"c-2"}}]}"#
        let taken = try await ask(
            ["workflows", "start", "shop.Orders/fulfil", "{}"],
            answers: Dictionary(uniqueKeysWithValues: [
                accepted, ("GET /api/v1/calls/c-2", (200, pending)), (journal + "#1", (404, "{}")),
                (journal, (200, own)),
            ]))
        #expect(taken.run.exit == .success && taken.run.out == "o-1\n")
        #expect(taken.requests.count { $0.line == journal } == 2)
    }

    @Test func `a start that was taken prints its id, also where the workflow has failed by then`() async throws {
        let end = { (code: String, at: String) in
            #"{"code":"\#(code)","message":"exists already","details":null,"retryable":false,"timestamp":"\#(at)"}"#
        }
        func start(
            _ error: String, workflow: (status: Int, body: String)
        ) async throws -> (run: ProgramRun, requests: [SeenRequest]) {
            try await ask(
                ["workflows", "start", "shop.Orders/fulfil", "{}"],
                answers: [
                    "POST /shop.Orders/fulfil": (status: 202, body: #"{"id":"c-2","workflow":"o-1"}"#),
                    "GET /api/v1/calls/c-2": (200, #"{"id":"c-2","state":"failed","error":\#(error)}"#),
                    "GET /api/v1/workflows/shop.Orders/o-1": workflow,
                ])
        }
        let own = end("CONFLICT", "2026-11-21T06:00:00.000001Z")
        let failed = Self.row("o-1", status: "failed").replacing(#""error":null"#, with: #""error":\#(own)"#)
        let ended = try await start(own, workflow: (200, failed))
        #expect(ended.run.exit == .success && ended.run.out == "o-1\n", "\(ended.run.error)")
        // The same words, of another moment: it is the owner that refuses to join them.
        let refused = try await start(end("CONFLICT", "2026-11-21T07:00:00.000001Z"), workflow: (200, failed))
        #expect(refused.run.exit == .refused && refused.run.out == "", "\(refused.run.out)")
        // Whoever may not look at workflows knows by the class that an error is of the workflow's code.
        let ofCode = own.replacing(#""CONFLICT""#, with: #""ENDED","class":"FAILED_PRECONDITION""#)
        let unseen = try await start(ofCode, workflow: (403, #"{"code":"PERMISSION_DENIED","message":"no"}"#))
        #expect(unseen.run.exit == .success && unseen.run.out == "o-1\n", "\(unseen.run.error)")
    }

    @Test(arguments: ["start", "signal", "query"], [String(repeating: "k", count: 300), " a ", "a\tb"])
    func `a workflow whose id an argument carries is named by that alone, whatever the id has`(
        _ command: String, id: String
    ) async throws {
        let routes =
            #"{"services":[{"service":"shop.Orders","methods":[{"path":"/shop.Orders/act","key":"order"},{"path":"/shop.Orders/deep","key":"order.id"}]}]}"#
        let answers = [
            "GET /api/v1/routes": (status: 200, body: routes),
            "POST /shop.Orders/act": (200, #"{"id":"c-1","workflow":"w"}"#),
            "POST /shop.Orders/deep": (200, #"{"id":"c-1","workflow":"w"}"#),
        ]
        func post(_ method: String, _ data: String, id: String) async throws -> SeenRequest? {
            let target = "shop.Orders/" + method
            let words = command == "start" ? [target, data, "--id", id] : [target, id, data]
            let (run, requests) = try await ask(["workflows", command] + words, answers: answers)
            #expect(run.exit == .success, "\(run.error)")
            return requests.first { $0.line.hasPrefix("POST") }
        }
        let text = JSONText.string(id)
        let inserted = try #require(try await post("act", #"{"by":"ann"}"#, id: id))
        #expect(inserted.key == nil && inserted.body == #"{"order":\#(text),"by":"ann"}"#)
        let given = try #require(try await post("act", #"{"order":\#(text)}"#, id: id))
        #expect(given.key == nil && given.body == #"{"order":\#(text)}"#)
        let nested = try #require(try await post("deep", #"{"order":{"id":\#(text)}}"#, id: id))
        #expect(nested.key == nil)
        // The router tells of two that differ, and takes the header where the argument is null.
        #expect(try await post("act", #"{"order":"other"}"#, id: "mine")?.key == "mine")
        #expect(try await post("act", #"{"order":null}"#, id: "mine")?.key == "mine")
    }

    @Test func `signal and query call a method for a workflow`() async throws {
        let (signal, requests) = try await ask(
            ["workflows", "signal", "shop.Orders/approve", "o-1", #"{"by":"ann"}"#],
            answers: ["POST /shop.Orders/approve": (200, "{}")])
        #expect(signal.exit == .success && signal.out.contains("o-1"), "\(signal.error)")
        #expect(requests.last?.key == "o-1" && requests.last?.body == #"{"by":"ann"}"#)
        let (query, asked) = try await ask(
            ["workflows", "query", "shop.Orders/progress", "o-1", "{}"],
            answers: ["POST /shop.Orders/progress": (200, #"{"value":3}"#)])
        #expect(query.out == "{\"value\":3}\n")
        // So that a handler of that name isn't run by mistake.
        #expect(asked.last?.headers["mesh-method-role"] == "query")
        #expect(asked.last?.key == "o-1")
    }

    // MARK: Orders

    struct Order: Sendable, CustomTestStringConvertible {
        let words: [String]
        let path: String
        let body: String
        var testDescription: String { words.joined(separator: " ") }
    }

    @Test(arguments: [
        Order(
            words: ["cancel", "shop.Orders", "o-1", "--reason", "called \"off\""], path: "cancel",
            body: #"{"reason":"called \"off\""}"#),
        Order(words: ["terminate", "shop.Orders", "o-1"], path: "terminate", body: "{}"),
        Order(words: ["retry", "shop.Orders", "o-1"], path: "retry", body: "{}"),
        Order(words: ["reset", "shop.Orders", "o-1", "--to", "4"], path: "reset", body: #"{"to":4}"#),
    ])
    func `an order is one request, and its answer says what became of it`(_ order: Order) async throws {
        let path = "POST /api/v1/workflows/shop.Orders/o-1/\(order.path)"
        let (run, requests) = try await ask(["workflows"] + order.words, answers: [path: (200, Self.taken)])
        #expect(run.exit == .success, "\(run.error)")
        #expect(requests.map(\.line) == [path] && requests[0].body == order.body)
        #expect(run.out.contains("o-1, it is running"))
        let (slow, _) = try await ask(
            ["workflows"] + order.words, answers: [path: (202, #"{"order":"x","message":"m","state":"accepted"}"#)])
        #expect(slow.exit == .success && slow.out.contains("the order is durable"))
        let refusal = #"{"code":"FAILED_PRECONDITION","message":"it has ended"}"#
        let (refused, _) = try await ask(["workflows"] + order.words, answers: [path: (400, refusal)])
        #expect(refused.exit == .refused && refused.error.contains("it has ended"))
    }

    @Test func `all of a service are ordered about page by page, and one that refuses doesn't stop the rest`()
        async throws
    {
        let path = "POST /api/v1/workflows/shop.Orders/"
        let (run, requests) = try await ask(
            ["workflows", "cancel", "shop.Orders", "--all", "--type", "fulfil"],
            answers: [
                "GET /api/v1/workflows#1": (200, Self.page(["o-1", "o-2"], next: "x")),
                "GET /api/v1/workflows#2": (200, Self.page(["o-3"])),
                path + "o-1/cancel": (200, Self.taken),
                path + "o-2/cancel": (400, #"{"code":"FAILED_PRECONDITION","message":"it has ended"}"#),
                path + "o-3/cancel": (200, Self.taken),
            ])
        #expect(run.exit == .refused)
        #expect(run.error.contains("o-2: it has ended"))
        #expect(run.out.contains("for o-1") && run.out.contains("for o-3"), "\(run.out)")
        #expect(requests[0].query["status"] == "open" && requests[0].query["type"] == "fulfil")
        #expect(requests[1].query["after"] == "x")
    }

    @Test func `nobody named is a usage error, and --all excludes ids`() async throws {
        #expect(try await usage(["workflows", "cancel", "shop.Orders"]).contains("--all"))
        #expect(try await usage(["workflows", "retry", "shop.Orders", "o-1", "--all"]).contains("exclude"))
        #expect(try await usage(["workflows", "reset", "shop.Orders", "o-1"]).contains("--to"))
        for order in ["cancel", "terminate", "retry", "upgrade"] {
            let words = ["workflows", order, "shop.Orders", "o-1", "--type", "fulfil"]
            #expect(try await usage(words).contains("--type goes with --all only"))
        }
    }

    @Test func `reset says what becomes of children, and of workflows that have ended`() async throws {
        let help = await ProgramRun(["workflows", "reset", "--help"]).out.split { $0.isWhitespace }.joined(
            separator: " ")
        #expect(help.contains("with an id of its own goes on") && help.contains("joins it"), "\(help)")
        #expect(help.contains("has ended") && help.contains("refused (4)"), "\(help)")
        let document = try String(contentsOfFile: TestEnvironment.checkout + "/docs/commands.md", encoding: .utf8)
        let line = document.split(separator: "\n").first { $0.contains("`reset` of a workflow that has ended") }
        #expect(line?.contains("refused (4)") == true)
    }

    // MARK: Schedules

    @Test func `trigger says what it has to do with the schedule's overlap`() async throws {
        let help = await ProgramRun(["schedules", "trigger", "--help"]).out.split { $0.isWhitespace }.joined(
            separator: " ")
        #expect(help.contains("whatever `overlap` says"), "\(help)")
        for page in ["commands.md", "schema-language.md"] {
            let text = try String(contentsOfFile: TestEnvironment.checkout + "/docs/" + page, encoding: .utf8)
            let words = text.split { $0.isWhitespace }.joined(separator: " ")
            #expect(words.contains("`skip` and `cancel` don't look at"), "docs/\(page)")
        }
    }

    @Test func `schedules are listed and ordered about`() async throws {
        let next = Timestamp.now.advanced(by: .seconds(7300)).iso8601
        let list = """
            {"schedules":[{"service":"shop.Orders","method":"nightly","cron":"0 3 * * *","timezone":"UTC","paused":false,"nextDue":"\(next)",
            "lastFiredAt":null,"lastId":null,"open":false,"fired":0,"skipped":0},
            {"service":"shop.Orders","method":"weekly","cron":"0 3 * * 1","timezone":"UTC","paused":true,"nextDue":null,"lastId":"w-1","open":true}]}
            """
        let (run, _) = try await ask(["schedules", "list"], answers: ["GET /api/v1/schedules": (200, list)])
        #expect(run.out.contains("in 2h 1m") && run.out.contains("never") && run.out.contains("paused"), "\(run.out)")
        #expect(run.out.contains("w-1 (open)"))
        let path = "POST /api/v1/schedules/shop.Orders/nightly/trigger"
        let (trigger, requests) = try await ask(
            ["schedules", "trigger", "shop.Orders/nightly"],
            answers: [path: (200, #"{"order":"trigger","message":"m","state":"taken"}"#)])
        #expect(trigger.out == "triggered shop.Orders/nightly\n", "\(trigger.error)")
        #expect(requests.map(\.line) == [path])
    }
}
