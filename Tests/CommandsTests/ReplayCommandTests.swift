import Commands
import Foundation
import MeshCore
import Testing

@Suite struct ReplayCommandTests {
    private static let path = "POST /api/v1/workflows/shop.Orders/o-1/replay"

    private static func page(_ steps: [String], agrees: Bool = true, next: Int? = nil) -> String {
        let end =
            agrees
            ? #""agrees":true,"outcome":"waits for operation 2""#
            : #""agrees":false,"outcome":"x","difference":{"step":2,"sequence":5,"expected":"calls pay.Payments/capture","found":"waits for a time of 5 µs"}"#
        return """
            {"service":"shop.Orders","id":"o-1","type":"fulfil","run":1,"digest":"3fa4c1d2e5b6a7","version":"1.0.0","entries":5,"count":2,\(end),
            "steps":[\(steps.joined(separator: ","))],"next":\(next.map(String.init) ?? "null")}
            """
    }

    private static func step(_ number: Int, _ text: String) -> String {
        "{\"number\":\(number),\"kind\":\"command\",\"seq\":\(number + 2),\"text\":\"\(text)\",\"result\":{\"ok\":true},\"state\":{\"id\":\"o-1\"},\"at\":\"2026-11-21T06:00:00Z\"}"
    }

    @Test func `replay prints each step page by page, and that it agrees`() async throws {
        let (run, requests) = try await ask(
            ["workflows", "replay", "shop.Orders", "o-1", "--digest", "3fa4c1d2"],
            answers: [
                Self.path + "#1": (200, Self.page([Self.step(1, "calls a.B/c")], next: 2)),
                Self.path + "#2": (200, Self.page([Self.step(2, "waits for the signal approve")])),
            ])
        #expect(run.exit == .success, "\(run.error)")
        #expect(run.out.contains("calls a.B/c → {\"ok\":true}") && run.out.contains("the signal approve"), "\(run.out)")
        #expect(run.out.contains("agrees: the code waits for operation 2"))
        #expect(run.out.components(separatedBy: "state {").count == 2, "an unchanged state is shown once")
        #expect(requests.map { $0.query["from"] } == ["1", "2"])
        #expect(requests.allSatisfy { $0.query["digest"] == "3fa4c1d2" && $0.body.isEmpty })
    }

    @Test func `what a signal brought is shown`() async throws {
        let step = Self.step(1, "is told of operation 1").replacing("command", with: "told")
            .replacing(#""result":{"ok":true}"#, with: #""request":{"by":"ann"}"#)
        let answers = [Self.path: (status: 200, body: Self.page([step]))]
        let (run, _) = try await ask(["workflows", "replay", "shop.Orders", "o-1"], answers: answers)
        #expect(run.out.contains(#"is told of operation 1 → {"by":"ann"}"#), "\(run.out)")
    }

    @Test func `what callers chose drives no terminal`() async throws {
        let page = Self.page([Self.step(1, #"calls \u009b2J"#)], agrees: false)
            .replacing(#""id":"o-1""#, with: #""id":"o\u001b[2J""#)
            .replacing("pay.Payments/capture", with: #"pay\u007f"#)
        let (run, _) = try await ask(["workflows", "replay", "shop.Orders", "o-1"], answers: [Self.path: (200, page)])
        #expect(run.out.hasPrefix(#"shop.Orders/fulfil o\u{1b}[2J  run 1"#), "\(run.out)")
        #expect(!run.out.unicodeScalars.contains { $0 != "\n" && $0.properties.generalCategory == .control })
    }

    @Test func `a backtrace is shown in its lines`() async throws {
        let page = Self.page([Self.step(1, "calls a.B/c")], agrees: false).replacing(
            "waits for a time of 5 µs", with: #"crashed: unreachable\n  0: 0x1 - f\u001b[2J\n  1: 0x2 - g"#)
        let (run, _) = try await ask(
            ["workflows", "replay", "shop.Orders", "o-1"], answers: [Self.path: (status: 200, body: page)])
        #expect(
            run.out.contains(
                "the code         crashed: unreachable\n        0: 0x1 - f\\u{1b}[2J\n        1: 0x2 - g\n"),
            "\(run.out)")
    }

    @Test func `a difference names the step, what was recorded and what the code does, and ends with 1`() async throws {
        let answers = [Self.path: (status: 200, body: Self.page([Self.step(1, "calls a.B/c")], agrees: false))]
        let (run, _) = try await ask(["workflows", "replay", "shop.Orders", "o-1"], answers: answers)
        #expect(run.exit == .failure)
        #expect(run.out.contains("differs at step 2, journal entry 5"), "\(run.out)")
        #expect(run.out.contains("the journal has  calls pay.Payments/capture"))
        #expect(run.out.contains("the code         waits for a time of 5 µs"))
        let (json, _) = try await ask(["workflows", "replay", "shop.Orders", "o-1", "--json"], answers: answers)
        #expect(json.exit == .failure)
        #expect(try JSONReader.read(json.out)["difference"]?.text("sequence") == "5")
    }

    @Test func `a debugger wants a terminal, and a file that can be read`() async throws {
        let (run, requests) = try await ask(["workflows", "replay", "shop.Orders", "o-1", "--step"], answers: [:])
        #expect(run.exit == .usage && run.error.contains("terminal"))
        let (file, _) = try await ask(
            ["workflows", "replay", "shop.Orders", "o-1", "--package", "none.wasm"], answers: [:])
        #expect(file.exit == .usage && file.error.contains("none.wasm"))
        #expect(requests.isEmpty)
    }

    @Test func `upgrade names the package, or leaves it to what is deployed`() async throws {
        let path = "POST /api/v1/workflows/shop.Orders/o-1/upgrade"
        let refusal = #"{"code":"NONDETERMINISM","message":"nondeterminism at step 3"}"#
        let (run, requests) = try await ask(
            ["workflows", "upgrade", "shop.Orders", "o-1", "--to", "3fa4c1d2"], answers: [path: (400, refusal)])
        #expect(run.exit == .failure && run.error.contains("step 3"))
        #expect(requests.first?.body == #"{"digest":"3fa4c1d2"}"#)
    }

    @Test func `the id is handed on where a method takes it as an argument`() async throws {
        let routes = #"{"services":[{"service":"shop.Orders","methods":[{"path":"/shop.Orders/approve","key":"id"}]}]}"#
        let (run, requests) = try await ask(
            ["workflows", "signal", "shop.Orders/approve", "o-1", #"{"by":"ann"}"#],
            answers: ["GET /api/v1/routes": (200, routes), "POST /shop.Orders/approve": (200, "{}")])
        #expect(run.exit == .success, "\(run.error)")
        #expect(requests.last?.body == #"{"id":"o-1","by":"ann"}"#)
    }
}
