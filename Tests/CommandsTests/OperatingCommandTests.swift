import Commands
import Testing

/// What an operator looks at: who runs, and what waits.
@Suite struct OperatingCommandTests {
    @Test func `workers are listed with their partitions, and who is gone as not alive`() async throws {
        let answers = [
            "GET /api/v1/workers": (
                status: 200,
                body:
                    #"{"workers":[{"id":"relay-1","kind":"relay","host":"h","pid":9,"pool":null,"startedAt":"2026-11-22T00:00:00Z","secondsAgo":40000,"partitions":0,"alive":false},{"id":"w-1","kind":"worker","host":"h","pid":7,"pool":"default","startedAt":"2026-11-22T00:00:00Z","secondsAgo":1.5,"partitions":12,"alive":true}]}"#
            )
        ]
        let (run, _) = try await ask(["workers"], answers: answers)
        #expect(run.exit == .success, "\(run.error)")
        let rows = run.out.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(rows.count == 3)
        #expect(rows[1].prefix(3) == ["relay", "relay-1", "no"] && rows[1].suffix(3) == ["11h", "6m", "ago"])
        #expect(rows[2].prefix(5) == ["worker", "w-1", "yes", "default", "12"])
        let (json, _) = try await ask(["workers", "--json"], answers: answers)
        #expect(json.out.hasPrefix(#"{"workers":[{"id":"relay-1""#))
    }

    @Test func `lag tells what waits, and the partitions that are behind`() async throws {
        func answers(_ lag: String) -> [String: (status: Int, body: String)] {
            [
                "GET /api/v1/backlog": (
                    status: 200, body: #"{"backlog":[{"what":"parked","messages":2}],"lag":[\#(lag)]}"#
                )
            ]
        }
        let (run, _) = try await ask(
            ["lag"],
            answers: answers(
                #"{"consumer_group":"shop.Orders","topic":"shop.Orders","partition":3,"owner":"w-1","lag":null,"parked":2,"next_due":"2026-11-22T00:00:00Z","unpublished":0}"#
            ))
        #expect(run.exit == .success, "\(run.error)")
        #expect(run.out.contains("parked      2\n"), "\(run.out)")
        #expect(run.out.contains("shop.Orders  shop.Orders  3          unknown  2"), "\(run.out)")
        let (quiet, _) = try await ask(["lag"], answers: answers(""))
        #expect(quiet.out.hasSuffix("no partition is behind\n"))
    }
}
