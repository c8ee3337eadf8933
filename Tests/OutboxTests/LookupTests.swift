import Postgres
import TestSupport
import Testing

@testable import Outbox

/// Functions that look many rows up in tables that were small when they were last analyzed, as after a burst.
///
/// The limit is more than ten times what a look-up of each row takes, and less than what the plans took that went through all rows for each.
@Suite struct LookupTests {
    private static let few = """
        INSERT INTO mesh.timer (service, partition, due, id, run, op, attempt, kind)
            SELECT 's', 1, now(), 'w', 1, i, 1, 'sleep' FROM generate_series(1, 3) i;
        INSERT INTO mesh.parked (consumer_group, topic, partition, record_offset, service, method, key, message_id, type, source,
                created_at, data, attempts, due)
            SELECT 's', 's', 1, i, 's', 'm', 'a' || i, 'a' || i, 't', '/s', now(), '{}', 0, now() FROM generate_series(1, 3) i;
        INSERT INTO mesh.inbox (slot, consumer_group, id) SELECT mesh.active_slot('inbox'), 's', 'a' || i FROM generate_series(1, 3) i;
        ANALYZE mesh.timer; ANALYZE mesh.parked; ANALYZE mesh.inbox;
        """
    private static let many = """
        INSERT INTO mesh.timer (service, partition, due, id, run, op, attempt, kind)
            SELECT 's', 1, '2030-01-01', 'w', 1, i, 1, 'sleep' FROM generate_series(1, 8000) i;
        INSERT INTO mesh.parked (consumer_group, topic, partition, record_offset, service, method, key, message_id, type, source,
                created_at, data, attempts, due)
            SELECT 's', 's', 1, i, 's', 'm', 'k' || i, 'k' || i, 't', '/s', now(), '{}', 0, now() FROM generate_series(1, 50000) i;
        INSERT INTO mesh.inbox (slot, consumer_group, id) SELECT mesh.active_slot('inbox'), 's', 'k' || i FROM generate_series(1, 50000) i;
        """

    private static let names = "(SELECT array_agg('k' || i * 7) FROM generate_series(1, 7000) i)"
    private static let ids =
        "(SELECT array_agg(p.id) FROM mesh.parked p WHERE p.key LIKE 'k%' AND p.record_offset % 7 = 0 AND p.record_offset <= 49000)"

    private static func filled(_ value: String, _ count: Int) -> String { "array_fill(\(value), ARRAY[\(count)])" }

    @Test(arguments: [
        (
            "timers are removed",
            "SELECT mesh.remove_timers('s', 1, \(filled("'w'::text", 8000)), \(filled("1", 8000)), (SELECT array_agg(i) FROM generate_series(1, 8000) i), \(filled("1", 8000)), \(filled("'sleep'::text", 8000)), \(filled("'2030-01-01'::timestamptz", 8000)))",
            "SELECT count(*) FROM mesh.timer", "3"
        ),
        (
            "parked messages are parked again",
            "SELECT mesh.park_again('s', 's', 1, \(ids), \(filled("2::bigint", 7000)), \(filled("'2031-01-01'::timestamptz", 7000)), \(filled("'x'::text", 7000)), \(filled("'x'::text", 7000)), \(filled("'x'::text", 7000)))",
            "SELECT count(*) FROM mesh.parked p WHERE p.attempts = 2", "7000"
        ),
        (
            "parked messages are done", "SELECT mesh.finish_parked('s', 's', 1, \(ids.replacing("% 7", with: "% 2")))",
            "SELECT count(*) FROM mesh.parked p", "25503"
        ),
        (
            "parked messages are counted", "SELECT 1",
            "SELECT count(*) FROM mesh.parked_counts('s', 's', 1, \(filled("'s'::text", 7000)), \(names))", "7000"
        ),
        (
            "due messages of keys that aren't busy are found", "SELECT 1",
            "SELECT count(*) FROM mesh.due_parked('s', 's', 1, now() + interval '1 h', 60000, \(filled("'s'::text", 7000)), \(names))",
            "43003"
        ),
        (
            "known ids are found", "SELECT 1", "SELECT count(*) FROM mesh.known_ids('s', \(names))", "7000"
        ),
        (
            "due timers of workflows that aren't busy are found", "SELECT 1",
            "SELECT count(*) FROM mesh.due_timers('s', 1, '2031-01-01', 9000, (SELECT array_agg('x' || i) FROM generate_series(1, 40000) i))",
            "8003"
        ),
    ])
    func `many rows are looked up one by one, whatever was known of the table`(
        what: String, call: String, question: String, answer: String
    ) async throws {
        try await withStore { _, pool in
            try await pool.execute(LookupTests.few)
            try await pool.execute(LookupTests.many)
            try await pool.connections[0].script("SET statement_timeout = '3s'; \(call)")
            #expect(try await pool.connections[0].query(.oneOff(question)).first?.int64(0) == Int64(answer), "\(what)")
        }
    }
}
