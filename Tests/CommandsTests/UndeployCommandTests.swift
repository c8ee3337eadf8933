import Commands
import Testing

@Suite struct UndeployCommandTests {
    private static let place = "DELETE /api/v1/services/shop.Orders"

    private static func answer(dry: Bool, refusal: String = "null", waiting: Int = 0, delayed: Int = 0) -> String {
        """
        {"service":"shop.Orders","dryRun":\(dry),"refusal":\(refusal),"left":{"openWorkflows":0,"parked":0,"waiting":\(waiting),"delayed":\(delayed),"callers":[]}}
        """
    }

    @Test func `it says what waits until the service is deployed again`() async throws {
        let (run, requests) = try await ask(
            ["undeploy", "shop.Orders", "--force", "--reason", "moved"],
            answers: [Self.place: (200, Self.answer(dry: false, waiting: 3, delayed: 2))])
        #expect(run.exit == .success, "\(run.error)")
        #expect(
            run.out == """
                undeployed shop.Orders
                3 waiting messages wait until it is deployed again
                2 delayed calls wait until it is deployed again

                """)
        #expect(requests.first?.query["force"] == "true" && requests.first?.query["reason"] == "moved")
    }

    @Test func `a dry run of what would be refused ends like the refusal`() async throws {
        let refusal = #"{"code":"FAILED_PRECONDITION","message":"shop.Orders still has 3 waiting messages"}"#
        let (dry, _) = try await ask(
            ["undeploy", "shop.Orders", "--dry-run"],
            answers: [Self.place: (200, Self.answer(dry: true, refusal: refusal, waiting: 3))])
        #expect(
            dry.exit == .refused && dry.error.contains("it would be refused: shop.Orders still has"), "\(dry.error)")
        let (run, _) = try await ask(["undeploy", "shop.Orders"], answers: [Self.place: (400, refusal)])
        #expect(
            run.exit == .refused && run.error == "error: shop.Orders still has 3 waiting messages\n", "\(run.error)")
    }
}
