import HTTPServer
import MeshCore
import Outbox
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import Egress

/// Limits hold for all egress processes together, and hold up nobody else.
@Suite(.timeLimit(.minutes(2))) struct LimitTests {
    /// How many requests a server answers at the same time, and the most there were.
    private final class Crowd: Sendable {
        private let counts = Mutex((now: 0, most: 0))

        var most: Int { counts.withLock { $0.most } }

        func visit(taking time: Duration) async {
            counts.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
            // Long enough for others to come meanwhile.
            try? await Task.sleep(for: time)
            counts.withLock { $0.now -= 1 }
        }
    }

    private func calls(_ count: Int, _ outside: Outside) async throws {
        try await outside.grant("http:*")
        for number in 1...count { try await outside.call("c-\(100 + number)", outside.get(), of: "w-\(number)") }
    }

    private func limit(_ outside: Outside, rate: String? = nil, concurrency: Int? = nil) async throws {
        let rate = try rate.map { text throws(MeshError) in try CallRate(text) }
        try await AdminStore(outside.pool).set(
            OutsideLimit(origin: outside.origin, rate: rate, concurrency: concurrency), by: "test")
    }

    @Test func `a rate spreads attempts evenly, however many processes make them`() async throws {
        try await Outside.run { outside in
            try await limit(outside, rate: "20/s")
            try await calls(15, outside)
            let began = ContinuousClock.now
            try await outside.withEgress {
                try await outside.withEgress {
                    let answers = try await outside.answers(15)
                    #expect(answers.allSatisfy { $0.status == "ok" })
                }
            }
            // Fourteen gaps of 50 ms, of which lateness makes up for one.
            #expect(began.duration(to: .now) >= .milliseconds(650))
            #expect(outside.seen.count == 15)
        }
    }

    @Test func `no more are under way than may be, however many processes make them`() async throws {
        let crowd = Crowd()
        try await Outside.run(answering: { _ in
            await crowd.visit(taking: .milliseconds(80))
            return .text("hello")
        }) { outside in
            try await limit(outside, concurrency: 2)
            try await calls(12, outside)
            // What wakes one process when another one's call ends is a notification, not a look.
            try await outside.withEgress(look: .seconds(60)) {
                try await outside.withEgress(look: .seconds(60)) { _ = try await outside.answers(12) }
            }
            #expect(crowd.most == 2)
        }
    }

    @Test func `two processes that claim at the same time claim different calls, limits or none`() async throws {
        try await Outside.run { outside in
            // Of an origin that nothing here calls.
            try await outside.sql(
                """
                INSERT INTO mesh.outside_limit (origin, calls, period_seconds, set_by) VALUES ('https://elsewhere.example', 1, 1, 'test')
                """)
            try await outside.sql(
                """
                INSERT INTO mesh.http_call (id, service, workflow, operation, call_key, request, created_at, origin)
                    SELECT 'c-' || 1000 + n, 's.S', 'w-' || n, '1.1.1.x', 'k', '{}', now(), 'https://o' || n % 3 || '.example'
                    FROM generate_series(1, 500) n;
                """)
            let other = try PostgresConnection(PostgresConfiguration(url: outside.url))
            defer { other.close() }
            let claim = "mesh.claim_http_calls('p', 64, 15)"
            try await other.script("BEGIN; SELECT count(*) FROM \(claim)")
            #expect(try await outside.sql("SELECT count(*) FROM \(claim)").first?.int(0) == 64)
            try await other.script("COMMIT")
            let taken = try await outside.sql(
                "SELECT count(*), max(id) FROM mesh.http_call WHERE owner IS NOT NULL")
            #expect(try taken.first?.int(0) == 128)
            #expect(try taken.first?.text(1) == "c-1128", "the oldest ones")
        }
    }

    @Test func `a limited origin holds up no other one`() async throws {
        try await Outside.run { outside in
            try await limit(outside, rate: "1/d")
            try await calls(40, outside)
            let other = outside.get("/other").replacing("127.0.0.1", with: "localhost")
            try await outside.call("c-900", other, of: "w-900")
            try await outside.withEgress {
                try await eventually("the other origin to be called", within: .seconds(20)) {
                    outside.seen.all.contains { $0.path == "/other" }
                }
            }
            #expect(outside.seen.count == 2, "one of the limited origin, and the other")
            let record = try #require(try await AdminStore(outside.pool).outsideLimits().first)
            #expect(record.waiting == 39 && record.underWay == 0 && record.limit.rate?.description == "1/d")
        }
    }

    @Test func `what nobody waits for any more uses up nothing of what is allowed`() async throws {
        try await Outside.run { outside in
            try await limit(outside, rate: "1/d")
            try await outside.grant("http:*")
            // More of them than are looked at in one go, and before it.
            try await outside.sql(
                """
                INSERT INTO mesh.http_call (id, service, workflow, operation, call_key, request, deadline, created_at, origin)
                SELECT 'a-' || n, 'shop.Orders', CASE n % 2 WHEN 0 THEN 'w-1' ELSE 'gone' END, '1.3.1.abc', 'k', '{}',
                    CASE n % 2 WHEN 0 THEN now() - interval '1 second' END, now(), '\(outside.origin)' FROM generate_series(1, 700) n
                """)
            try await outside.call("c-1", outside.get("/wanted"))
            try await outside.withEgress {
                let answers = try await outside.answers(1)
                #expect(answers.map(\.status) == ["ok"])
            }
            #expect(outside.seen.all.map(\.path) == ["/wanted"])
            #expect(try await outside.value("SELECT count(*) FROM mesh.http_call") == "0")
        }
    }

    @Test func `a limit that is loosened or taken away is heard of at once`() async throws {
        try await Outside.run { outside in
            try await limit(outside, rate: "1/d")
            try await calls(5, outside)
            try await outside.withEgress(look: .seconds(60)) {
                _ = try await outside.answers(1)
                #expect(try await AdminStore(outside.pool).removeOutsideLimit(of: outside.origin, by: "test"))
                _ = try await outside.answers(5)
            }
            let facts = "SELECT string_agg(action, ', ' ORDER BY id) FROM mesh.fact WHERE subject = '\(outside.origin)'"
            #expect(try await outside.value(facts) == "set limit, remove limit")
        }
    }

    @Test func `where it is the number under way that holds calls back, nobody waits for the rate`() async throws {
        let crowd = Crowd()
        try await Outside.run(answering: { _ in
            await crowd.visit(taking: .seconds(2))
            return .text("hello")
        }) { outside in
            try await limit(outside, rate: "100/s", concurrency: 1)
            try await calls(2, outside)
            try await outside.withEgress {
                try await outside.seen.wait(for: 1)
                // The rate would allow the next one long ago: who waited for that would ask again and again.
                #expect(try await outside.store.held() == nil)
                _ = try await outside.answers(2)
            }
            #expect(crowd.most == 1)
        }
    }

    @Test func `a database's clock that goes back holds nothing up`() async throws {
        try await Outside.run { outside in
            try await limit(outside, rate: "20/s")
            try await outside.sql("UPDATE mesh.outside_limit SET next_at = clock_timestamp() + interval '1 hour'")
            try await calls(3, outside)
            try await outside.withEgress { _ = try await outside.answers(3) }
        }
    }
}
