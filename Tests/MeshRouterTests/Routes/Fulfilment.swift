import MeshCore
import Postgres

/// A service with workflows, and what is stored of some of them.
enum Fulfilment {
    static let schema = """
        @mesh(namespace: "shop", version: "1.0.0")

        enum Stage { OPEN DONE }
        type Order @key(field: "id") { id: ID!  customer: ID! @attribute  stage: Stage! @attribute  total: Decimal }

        service Fulfilment @state(type: "Order") {
          @workflow
          fulfil(order: ID!, customer: ID!): Stage!
          @workflow
          refund(id: ID!): Void
          @signal
          approve(by: String!): Void
          @query
          progress: Stage!
          @workflow @schedule(cron: "0 3 * * *", timezone: "Europe/Berlin")
          nightly: Void
          reserve(order: ID!): Void
        }
        """

    static let service = "shop.Fulfilment"

    /// Stores a workflow as its owner would have written it.
    static func store(
        _ pool: PostgresPool, _ id: String, type: String = "fulfil", status: String = "running",
        waitingFor: String? = "signal approve", since: String = "5 minutes", attempt: Int = 0, digest: String = "d1",
        error: String? = nil, journal: [String] = []
    ) async throws {
        let isOpen = ["running", "stuck"].contains(status)
        _ = try await pool.query(
            .oneOff(
                """
                INSERT INTO mesh.workflow (service, id, method, status, run, digest, version, next_seq, waiting_for, waiting_since,
                    attempt, started_at, updated_at, ended_at, result, error)
                VALUES ($1::text, $2::text, $3::text, $4::text, 1, $5::text, '1.0.0', $6::int8, $7::text,
                    CASE WHEN $7::text IS NOT NULL THEN now() - $8::text::interval END, $9::int4, now() - $8::text::interval,
                    now() - $8::text::interval, CASE WHEN \(isOpen ? "false" : "true") THEN now() END,
                    CASE WHEN $4::text = 'completed' THEN '"DONE"'::json END, $10::text::json)
                """), .text(service), .text(id), .text(type), .text(status), .text(digest),
            .int64(Int64(journal.count + 1)), .text(orNull: isOpen ? waitingFor : nil), .text(since),
            .int32(Int32(attempt)), .text(orNull: error))
        for (index, values) in journal.enumerated() {
            _ = try await pool.query(
                .oneOff(
                    """
                    INSERT INTO mesh.journal (slot, service, id, seq, run, attempt, at, kind, op, name, request, result)
                    SELECT mesh.active_slot('journal'), $1::text, $2::text, $3::int8, 1, 1,
                        now() - $4::text::interval + $3::int8 * interval '1 s', v.* FROM (VALUES (\(values))) v
                    """), .text(service), .text(id), .int64(Int64(index + 1)), .text(since))
        }
    }

    /// A run that reserved, was answered by another service and waits for a signal; values of kind, op, name, request, result.
    static let journal = [
        #"'started', 0, 'fulfil', '{"order":"o-1","customer":"c-1"}'::json, NULL::json"#,
        #"'local', 1, 'shop.Fulfilment/reserve', '{"order":"o-1"}'::json, '{}'::json"#,
        #"'call', 2, 'pay.Payments/capture', '{"amount":"9.90"}'::json, NULL::json"#,
        #"'answered', 2, NULL, NULL::json, '{"ok":true}'::json"#,
        #"'receive', 3, 'approve', NULL::json, NULL::json"#,
    ]
}
