import MeshCore
import Outbox
import Postgres
import TestSupport

/// Lends a migrated database of its own: its connection string and a pool on it.
func withStore<Result>(connections: Int = 2, _ body: (String, PostgresPool) async throws -> Result) async throws
    -> Result
{
    try await withDatabase { url in
        let pool = try PostgresPool(PostgresConfiguration(url: url), size: connections)
        defer { pool.close() }
        try await Migrations.run(pool.connections[0])
        return try await body(url, pool)
    }
}

extension PostgresPool {
    /// Runs SQL and returns the rows as text, columns separated by `|`.
    func rows(_ sql: String) async throws -> [String] {
        try await query(.oneOff("SELECT r::text FROM (\(sql)) r")).map { try $0.text(0) }
    }

    /// The single value of a query, as text.
    func value(_ sql: String) async throws -> String? {
        try await query(.oneOff("SELECT (\(sql))::text")).first?.textIfAny(0)
    }

    func execute(_ sql: String) async throws { try await connections[0].script(sql) }
}

/// A message for tests.
func message(_ id: String = MessageID.make(), type: String = "order.placed", key: String? = "k", data: String = "{}")
    -> Message
{
    Message(
        id: id, type: type, source: "/test", time: Timestamp(microseconds: 1_700_000_000_000_000), key: key,
        data: Array(data.utf8))
}

let orders = PartitionID(group: "wasmesh.default", topic: "shop.Orders", partition: 0)

extension PartitionClaim {
    /// An empty batch under this claim.
    func batch(_ id: PartitionID = orders, upTo next: Int64? = nil) -> BatchCommit {
        BatchCommit(
            partition: id, epoch: epoch, expectedNextOffset: nextOffset, nextOffset: next ?? nextOffset + 1,
            lane: lane.id, nextSequence: lane.nextSequence, acknowledgedSequence: lane.acknowledgedSequence)
    }
}
