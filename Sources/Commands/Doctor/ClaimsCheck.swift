import Postgres

/// Partitions that their workers claim anew again and again, since something keeps them from working: nothing of those moves.
enum ClaimsCheck {
    private static let isThere = Statement.oneOff("SELECT to_regclass('mesh.position') IS NOT NULL")

    /// A worker that is up for a while claims a partition only where another one comes or goes. What fails is claimed after less than ten seconds.
    private static let recent = Statement.oneOff(
        """
        SELECT format('%s[%s] of %s', p.topic, p.partition, p.consumer_group), w.id, count(*) OVER ()
        FROM mesh.position p JOIN mesh.worker w ON w.id = p.owner
        WHERE p.claimed_at > clock_timestamp() - interval '10 s' AND w.started_at < clock_timestamp() - interval '1 min'
            AND p.epoch > 5
        ORDER BY p.epoch DESC, p.topic, p.partition LIMIT 1
        """)

    static func findings(_ connection: PostgresConnection) async throws -> [Finding] {
        guard try await connection.query(isThere).first?.bool(0) == true,
            let row = try await connection.query(recent).first
        else { return [] }
        let others = try row.int64(2) - 1
        return [
            Finding(
                subject: "partitions", verdict: .warning,
                fact: "\(try row.text(0)) was just claimed anew by \(try row.text(1))"
                    + (others > 0 ? ", and \(others) more" : ""),
                remedy:
                    "unless a worker has come or gone, it is claimed again and again, and stands still: that worker's log says why (claimed anew)"
            )
        ]
    }
}
