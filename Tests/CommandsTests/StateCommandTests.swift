import Commands
import Foundation
import TestSupport
import Testing

@Suite struct StateCommandTests {
    private let path = "/api/v1/state/shop.Orders/o%2F1"

    private func file(_ text: String) throws -> String {
        let path = "\(TestEnvironment.directory)/\(TestEnvironment.uniqueName("state")).json"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    @Test func `a state is printed, set from a file, and deleted`() async throws {
        let answers = [
            "GET " + path: (status: 200, body: #"{"state":{}}"#),
            "PUT " + path: (status: 200, body: #"{"order":"set state","message":"m","state":"taken"}"#),
            "DELETE " + path: (status: 202, body: #"{"order":"delete state","message":"m","state":"accepted"}"#),
        ]
        let (shown, _) = try await ask(["state", "shop.Orders", "o/1"], answers: answers)
        #expect(shown.exit == .success && shown.out.contains("state"), "\(shown)")
        let text = #"{"id": "o/1"}"#
        let (set, requests) = try await ask(["state", "set", "shop.Orders", "o/1", try file(text)], answers: answers)
        #expect(set.exit == .success && set.out == "set the state of shop.Orders o/1\n", "\(set)")
        #expect(requests.map(\.body) == [text])
        let (deleted, _) = try await ask(["state", "delete", "shop.Orders", "o/1"], answers: answers)
        #expect(deleted.out.contains("asked to delete") && deleted.out.contains("durable"), "\(deleted)")
        let (json, _) = try await ask(["state", "delete", "shop.Orders", "o/1", "--json"], answers: answers)
        #expect(json.out.contains(#""state":"accepted""#), "\(json)")
    }

    @Test(arguments: [
        (["set", "shop.Orders", "o"], "needs FILE"), (["set", "shop.Orders", "o", "nowhere.json"], "cannot read"),
        (["set", "shop.Orders", "", "x"], "KEY is empty"), (["delete", "", "o"], "SERVICE is empty"),
        (["delete", "shop.Orders", "o", "x"], "does not know what to do with 'x'"),
        (["shop.Orders", "o", "x"], "does not know what to do with 'x'"), (["shop.Orders"], "needs KEY"),
        (["set"], "needs"),
    ])
    func `what isn't a state's order is a usage error, and nothing is asked`(_ words: [String], _ problem: String)
        async throws
    {
        let (run, requests) = try await ask(["state"] + words, answers: [:])
        #expect(run.exit == .usage && run.error.contains(problem), "\(run.error)")
        #expect(requests.isEmpty)
    }

    @Test func `what isn't JSON isn't sent`() async throws {
        let (run, requests) = try await ask(["state", "set", "shop.Orders", "o", try file("{no")], answers: [:])
        #expect(run.exit == .usage && run.error.contains("not JSON") && requests.isEmpty, "\(run.error)")
    }

    @Test func `the help page shows both forms`() async {
        let run = await ProgramRun(["state", "--help"])
        #expect(
            run.out.contains("Usage: wasmesh state [options] SERVICE KEY\n       wasmesh state COMMAND [options] …"))
        #expect(run.out.contains("  set ") && run.out.contains("  delete "), "\(run.out)")
    }
}
