import Commands
import Testing

@Suite struct DelayedCommandTests {
    private func answers(_ rows: String) -> [String: (status: Int, body: String)] {
        ["GET /api/v1/delayed-sends": (200, "{\"delayedSends\":[\(rows)]}")]
    }

    private let row =
        #"{"id":"i-1","due":"2090-01-31T08:00:00.000000Z","method":"shop.Orders/remind","key":"o-1","source":"/http","principal":"ada","createdAt":"2026-11-22T00:00:00Z"}"#

    @Test func `the list is narrowed down by what is asked`() async throws {
        let (run, requests) = try await ask(
            ["delayed", "list", "--service", "shop.Orders", "--method", "remind", "--key", "o 1"],
            answers: answers("").merging(["GET /api/v1/services": (200, #"{"services":[{"service":"shop.Orders"}]}"#)])
            { $1 })
        #expect(
            requests.first?.query == ["limit": "50", "service": "shop.Orders", "method": "remind", "key": "o 1"])
        #expect(run.out == "no delayed calls with method remind and key o 1 of shop.Orders\n")
        let (all, _) = try await ask(["delayed", "list"], answers: answers(""))
        #expect(all.out == "no calls are to be sent later\n")
        let (qualified, none) = try await ask(["delayed", "list", "--method", "shop.Orders/remind"], answers: [:])
        #expect(qualified.exit == .usage && none.isEmpty)
        #expect(qualified.error.contains("--service shop.Orders --method remind"), "\(qualified.error)")
    }

    @Test func `a list that is full says that there may be more`() async throws {
        let (full, _) = try await ask(["delayed", "list", "--limit", "1"], answers: answers(row))
        #expect(full.out.contains("i-1") && full.out.contains("there may be more: --limit"), "\(full.out)")
        let (whole, _) = try await ask(["delayed", "list", "--limit", "2"], answers: answers(row))
        #expect(whole.out.contains("i-1") && !whole.out.contains("more"), "\(whole.out)")
        let (json, _) = try await ask(["delayed", "list", "--limit", "1", "--json"], answers: answers(row))
        #expect(json.out.contains(#""principal":"ada""#) && !json.out.contains("more"), "\(json.out)")
    }
}
