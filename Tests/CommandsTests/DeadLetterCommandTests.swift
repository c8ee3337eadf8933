import Commands
import Foundation
import TestSupport
import Testing

@Suite struct DeadLetterCommandTests {
    private let answers: [String: (status: Int, body: String)] = [
        "GET /api/v1/dead-letters": (200, #"{"dead_letters":[]}"#),
        "GET /api/v1/services": (200, #"{"services":[{"service":"shop.Orders"}]}"#),
    ]

    @Test(arguments: [["list"], ["redrive", "--all"], ["discard", "--all"]])
    func `a misspelled service isn't taken for one without dead letters`(_ words: [String]) async throws {
        let command = ["dead-letters"] + words
        let (misspelled, _) = try await ask(command + ["--service", "shop.Order"], answers: answers)
        #expect(misspelled.exit == .success)
        #expect(
            misspelled.out
                == "no dead letters; no service 'shop.Order' is deployed; did you mean 'shop.Orders'?\n")
        let (right, _) = try await ask(command + ["--service", "shop.Orders"], answers: answers)
        #expect(right.out == "no dead letters of shop.Orders\n")
        let (all, _) = try await ask(command, answers: answers)
        #expect(all.out == "no dead letters\n")
    }

    @Test(arguments: ["redrive", "discard"])
    func `one that is refused doesn't hold up those that came after it`(_ order: String) async throws {
        let path = "POST /api/v1/dead-letters/"
        let list = #"{"dead_letters":[{"id":"3"},{"id":"2"},{"id":"1"}]}"#
        let refusal = #"{"code":"FAILED_PRECONDITION","message":"nobody is named that it could be sent to"}"#
        let (run, requests) = try await ask(
            ["dead-letters", order, "--all"],
            answers: [
                "GET /api/v1/dead-letters": (200, list), path + "1/\(order)": (400, refusal),
                path + "2/\(order)": (200, "{}"), path + "3/\(order)": (200, "{}"),
            ])
        #expect(run.exit == .refused)
        #expect(run.error == "error: 1: nobody is named that it could be sent to\n")
        #expect(requests.map(\.line).dropFirst() == [path + "1/\(order)", path + "2/\(order)", path + "3/\(order)"])
        #expect(run.out.contains(" 2\n") && run.out.contains(" 3\n") && !run.out.contains(" 1\n"), "\(run.out)")
    }

    @Test func `the list is narrowed down by what is asked`() async throws {
        let (run, requests) = try await ask(
            ["dead-letters", "list", "--service", "shop.Orders", "--method", "place", "--key", "a b", "--code", "NO"],
            answers: answers)
        #expect(
            requests.first?.query == [
                "limit": "50", "service": "shop.Orders", "method": "place", "key": "a b", "code": "NO",
            ])
        #expect(run.out == "no dead letters with method place, key a b, code NO of shop.Orders\n")
        let (qualified, none) = try await ask(["dead-letters", "list", "--method", "shop.Orders/place"], answers: [:])
        #expect(qualified.exit == .usage && none.isEmpty)
        #expect(qualified.error.contains("--service shop.Orders --method place"), "\(qualified.error)")
    }

    @Test func `another payload is sent as it stands in its file`() async throws {
        let path = "\(TestEnvironment.directory)/\(TestEnvironment.uniqueName("payload")).json"
        let payload = #"{"id": "k",  "n": 1}"#
        try payload.write(toFile: path, atomically: true, encoding: .utf8)
        let (run, requests) = try await ask(
            ["dead-letters", "redrive", "7", "--payload", path],
            answers: ["POST /api/v1/dead-letters/7/redrive": (200, "{}")])
        #expect(run.exit == .success && run.out == "redriven 7\n", "\(run)")
        #expect(requests.map(\.body) == [payload])
    }

    @Test(arguments: [
        (["7", "8", "--payload", "p.json"], "--payload is for one dead letter"),
        (["--all", "--payload", "p.json"], "--payload is for one dead letter"),
        (["x", "--payload", "p.json"], "'x' isn't the id of a dead letter"),
        (["7", "--payload", "nowhere.json"], "cannot read nowhere.json"),
    ])
    func `another payload is one file's, for one dead letter`(_ words: [String], _ problem: String) async throws {
        let (run, requests) = try await ask(["dead-letters", "redrive"] + words, answers: [:])
        #expect(run.exit == .usage && run.error.contains(problem), "\(run.error)")
        #expect(requests.isEmpty)
    }

    @Test func `where the router has gone, the rest isn't tried`() async throws {
        let gone = #"{"code":"PROVIDER_UNAVAILABLE","message":"Postgres can't be reached"}"#
        let (run, requests) = try await ask(
            ["dead-letters", "redrive", "1", "2"], answers: ["POST /api/v1/dead-letters/1/redrive": (503, gone)])
        #expect(run.exit == .unreachable)
        #expect(run.error.contains("1: Postgres can't be reached"), "\(run.error)")
        #expect(requests.count == 1)
    }

    @Test(arguments: ["redrive", "discard"])
    func `a service beside ids is refused: it would be no limit to them`(_ order: String) async throws {
        let (run, requests) = try await ask(["dead-letters", order, "7", "8", "--service", "x.Y"], answers: [:])
        #expect(run.exit == .usage)
        #expect(run.error.contains("--service goes with --all only"), "\(run.error)")
        #expect(requests.isEmpty)
    }
}
