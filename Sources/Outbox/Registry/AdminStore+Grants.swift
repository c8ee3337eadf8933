package import MeshCore
import Postgres

/// A grant as `mesh.capability_grant` has it.
package struct GrantRecord: Sendable, Equatable {
    package var service: String
    /// `Capability`.
    package var capability: String
    package var grantedBy: String
    package var grantedAt: Timestamp
}

extension AdminStore {
    /// What services may do, or one of them, in the order of their names; at most 10,000.
    package func grants(of service: String? = nil) async throws(StoreError) -> [GrantRecord] {
        let rows = try await database.query(GrantStatement.list, .text(orNull: service))
        return try rows.readRows { row throws(PostgresError) in
            GrantRecord(
                service: try row.text(0), capability: try row.text(1), grantedBy: try row.text(2),
                grantedAt: try row.timestamp(3))
        }
    }

    /// Allows a service something; false where it was allowed before.
    package func grant(_ capability: Capability, to service: String, by actor: String) async throws(StoreError) -> Bool
    {
        try await !database.query(
            GrantStatement.add, .text(service), .text(capability.description), .text(actor)
        ).isEmpty
    }

    /// Takes a grant back; false where there is none.
    package func revoke(_ capability: Capability, of service: String, by actor: String) async throws(StoreError) -> Bool
    {
        try await !database.query(
            GrantStatement.revoke, .text(service), .text(capability.description), .text(actor)
        ).isEmpty
    }
}

/// The statements about grants; each that changes something leaves a fact.
private enum GrantStatement {
    static let list = Statement(
        "grants",
        """
        SELECT service, capability, granted_by, granted_at FROM mesh.capability_grant
        WHERE $1::text IS NULL OR service = $1 ORDER BY service, capability LIMIT 10000
        """)
    static let add = Statement(
        "add grant",
        """
        WITH made AS (
            INSERT INTO mesh.capability_grant (service, capability, granted_by) VALUES ($1::text, $2::text, $3::text)
            ON CONFLICT DO NOTHING RETURNING service, capability),
        told AS (
            INSERT INTO mesh.fact (actor, action, subject, details)
            SELECT $3::text, 'grant', service, jsonb_build_object('capability', capability) FROM made)
        SELECT 1 FROM made
        """)
    static let revoke = Statement(
        "revoke grant",
        """
        WITH gone AS (
            DELETE FROM mesh.capability_grant WHERE service = $1::text AND capability = $2::text RETURNING service, capability),
        told AS (
            INSERT INTO mesh.fact (actor, action, subject, details)
            SELECT $3::text, 'revoke grant', service, jsonb_build_object('capability', capability) FROM gone)
        SELECT 1 FROM gone
        """)
}
