import Postgres

/// The roles that a migration makes for applications and readers, where it may.
enum MeshRoles {
    /// What somebody has to do where they are missing.
    static let remedy =
        "an administrator makes what is missing (CREATE ROLE mesh_app NOLOGIN; CREATE ROLE mesh_read NOLOGIN) and runs SELECT mesh.grant_rights()"

    /// Those that aren't there, though the schema is.
    static func missing(_ connection: PostgresConnection) async throws -> [String] {
        try await connection.query(
            .oneOff(
                """
                SELECT w FROM unnest(ARRAY['mesh_app', 'mesh_read']) w WHERE to_regnamespace('mesh') IS NOT NULL
                    AND NOT EXISTS (SELECT 1 FROM pg_roles r WHERE r.rolname = w) ORDER BY 1
                """)
        ).map { try $0.text(0) }
    }
}
