import Commands
import Testing

@Suite struct RestartCommandTests {
    private static let path = "POST /api/v1/workflows/shop.Orders/o-1/restart"
    private static let taken = #"{"order":"restart","message":"m-1","state":"taken","workflow":{"status":"running"}}"#

    @Test(arguments: [
        ([], "{}"), (["--from", "4"], #"{"from":4}"#), (["--args", #"{"n": 1}"#], #"{"input":{"n": 1}}"#),
    ])
    func `a restart is one request, and its answer says what became of it`(options: [String], body: String)
        async throws
    {
        let words = ["workflows", "restart", "shop.Orders", "o-1"] + options
        let (run, requests) = try await ask(words, answers: [Self.path: (200, Self.taken)])
        #expect(run.exit == .success && run.out == "restarted o-1, it is running\n", "\(run.error)")
        #expect(requests.map(\.line) == [Self.path] && requests[0].body == body)
        let (slow, _) = try await ask(
            words, answers: [Self.path: (202, #"{"order":"restart","message":"m","state":"accepted"}"#)])
        #expect(slow.exit == .success && slow.out.contains("asked to restart o-1") && slow.out.contains("durable"))
        let refusal = #"{"code":"FAILED_PRECONDITION","message":"it is running"}"#
        let (refused, _) = try await ask(words, answers: [Self.path: (400, refusal)])
        #expect(refused.exit == .refused && refused.error.contains("it is running"))
    }

    @Test func `several are restarted one after the other`() async throws {
        let other = "POST /api/v1/workflows/shop.Orders/o-2/restart"
        let (run, requests) = try await ask(
            ["workflows", "restart", "shop.Orders", "o-1", "o-2"],
            answers: [Self.path: (400, #"{"code":"FAILED_PRECONDITION","message":"no"}"#), other: (200, Self.taken)])
        #expect(run.exit == .refused && run.out.contains("restarted o-2") && run.error.contains("o-1: no"))
        #expect(requests.count == 2)
    }

    @Test(arguments: [
        (["shop.Orders"], "ID"), (["shop.Orders", "o-1", "o-2", "--from", "3"], "one workflow"),
        (["shop.Orders", "o-1", "o-2", "--args", "{}"], "one workflow"),
        (["shop.Orders", "o-1", "--from", "3", "--args", "{}"], "exclude"),
        (["shop.Orders", "o-1", "--from", "0"], "1 or more"), (["shop.Orders", "o-1", "--args", "{"], "not JSON"),
    ])
    func `what can't be meant is a usage error`(words: [String], text: String) async throws {
        let (run, requests) = try await ask(["workflows", "restart"] + words, answers: [:])
        #expect(run.exit == .usage && run.error.contains(text) && requests.isEmpty, "\(run.error)")
    }
}
