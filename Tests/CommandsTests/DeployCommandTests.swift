import Commands
import Testing

@Suite struct DeployCommandTests {
    private static let gate = """
        {"sample":null,"complete":true,"broken":2,"checks":[{"subject":"workflows","service":"shop.Orders","total":30,"checked":30,"broken":2,
        "complete":true,"findings":[{"id":"o-1","message":"step 2 (journal entry 5): differs"}]}]}
        """

    private static let rollback =
        "  this is a rollback, which takes away what came after that version: make sure first that nobody needs it any more\n"

    @Test func `a pool is sent where one is named, and shown where it isn't the default`() async throws {
        let answer = #"{"dryRun":false,"digest":"0123","services":["shop.Orders"],"pool":"slow"}"#
        let (run, requests) = try await ask(
            ["deploy", "0123456789"], answers: ["POST /api/v1/deployments/0123456789": (201, answer)])
        #expect(run.out == "deployed shop.Orders\npool   slow\ndigest 0123\n")
        #expect(requests.first?.query["pool"] == nil)
        let (_, named) = try await ask(
            ["deploy", "0123456789", "--pool", "slow"],
            answers: ["POST /api/v1/deployments/0123456789": (201, answer)])
        #expect(named.first?.query["pool"] == "slow")
    }

    @Test func `every reason why a version breaks is listed before the refusal`() async throws {
        let error =
            #"{"code":"FAILED_PRECONDITION","message":"this version breaks 2 things: a","details":{"breaking":["a","b"]}}"#
        let (run, _) = try await ask(
            ["deploy", "0123456789"], answers: ["POST /api/v1/deployments/0123456789": (400, error)])
        #expect(run.exit == .refused)
        #expect(run.error == "a\nb\nerror: this version breaks 2 things: a\n" + Self.rollback)
    }

    @Test func `the refusal of a rollback says that it is one, and what to add`() async throws {
        let error =
            #"{"code":"FAILED_PRECONDITION","message":"this version breaks something: a","details":{"breaking":["a"]}}"#
        let hint = Self.rollback
        let (run, _) = try await ask(
            ["deploy", "0123456789"], answers: ["POST /api/v1/deployments/0123456789": (400, error)])
        #expect(run.exit == .refused)
        #expect(run.error == "error: this version breaks something: a\n" + hint)
        let dry = #"{"dryRun":true,"refusal":\#(error),"digest":"0123","services":["shop.Orders"]}"#
        let (checked, _) = try await ask(
            ["deploy", "0123456789", "--dry-run"], answers: ["POST /api/v1/deployments/0123456789": (200, dry)])
        #expect(checked.exit == .refused && checked.error.hasSuffix(hint), "\(checked.error)")
    }

    @Test func `what the gate found is listed before the refusal`() async throws {
        let error =
            "{\"code\":\"FAILED_PRECONDITION\",\"message\":\"this package breaks 2 open workflows\",\"details\":\(Self.gate)}"
        let (run, requests) = try await ask(
            ["deploy", "0123456789", "--sample", "40"], answers: ["POST /api/v1/deployments/0123456789": (400, error)])
        #expect(run.exit == .refused)
        #expect(run.error.contains("breaks workflow of shop.Orders o-1: step 2"), "\(run.error)")
        #expect(run.error.contains("breaks 1 more of workflow of shop.Orders"))
        #expect(requests.first?.query["sample"] == "40")
    }

    @Test func `a dry run of what would be refused ends like the refusal`() async throws {
        let answer = """
            {"dryRun":true,"refusal":REFUSAL,"digest":"0123","services":["shop.Orders"],"changes":[],"broken":[],"views":[],"gate":\(Self.gate)}
            """
        func answers(_ refusal: String) -> [String: (status: Int, body: String)] {
            ["POST /api/v1/deployments/0123456789": (200, answer.replacing("REFUSAL", with: refusal))]
        }
        let refusal = #"{"code":"FAILED_PRECONDITION","message":"this package breaks 2 open workflows"}"#
        let (refused, _) = try await ask(["deploy", "0123456789", "--dry-run"], answers: answers(refusal))
        #expect(
            refused.exit == .refused && refused.error.contains("would be refused: this package breaks 2"),
            "\(refused.error)")
        let (json, _) = try await ask(["deploy", "0123456789", "--dry-run", "--json"], answers: answers(refusal))
        #expect(json.exit == .refused && json.out.contains("\"dryRun\":true") && json.error.isEmpty)
        let (forced, _) = try await ask(["deploy", "0123456789", "--dry-run", "--force"], answers: answers("null"))
        #expect(forced.exit == .success && forced.out.contains("would deploy shop.Orders"), "\(forced.error)")
    }

    @Test func `a forced deploy says what it broke`() async throws {
        let answer = """
            {"dryRun":false,"digest":"0123","services":["shop.Orders"],"changes":[],"broken":[],"views":["shop.orders_fulfil"],"gate":\(Self.gate)}
            """
        let (run, requests) = try await ask(
            ["deploy", "0123456789", "--force"], answers: ["POST /api/v1/deployments/0123456789": (201, answer)])
        #expect(run.exit == .success, "\(run.error)")
        #expect(run.out.contains("checked 30 of 30 open workflows of shop.Orders: 2 would break"), "\(run.out)")
        #expect(run.out.contains("view  select * from shop.orders_fulfil"))
        #expect(requests.first?.query["force"] == "true")
    }
}
