import Outbox
import Postgres
import TestSupport
import Testing

/// Databases in which the mesh's role may make neither roles nor schemas.
@Suite struct RightsTests {
    private let shop = """
        @mesh(namespace: "shop", version: "1.0.0")
        type Order @key(field: "id") { id: ID! note: String @attribute }
        service Orders @state(type: "Order") { @workflow fulfil(id: ID!): Void }
        """

    @Test func `a role that may make no schema deploys into one that was made for it`() async throws {
        try await withDatabase { url in
            let role = TestEnvironment.uniqueName("deployer")
            let database = try await Psql.run(url, "SELECT current_database()")
            try await Psql.run(
                url,
                """
                CREATE ROLE \(role) LOGIN PASSWORD 'own'; REVOKE ALL ON DATABASE \(database) FROM PUBLIC;
                GRANT CONNECT ON DATABASE \(database) TO \(role); CREATE SCHEMA mesh AUTHORIZATION \(role)
                """)
            let server = try #require(url.split(separator: "@").last)
            let pool = try PostgresPool(PostgresConfiguration(url: "postgresql://\(role):own@\(server)"), size: 1)
            defer { pool.close() }
            try await Migrations.run(pool.connections[0])
            let registry = RegistryStore(pool)
            await #expect(throws: StoreError.self) { try await registry.deploy(deployment(shop, "d1")) }
            try await Psql.run(url, "CREATE SCHEMA shop AUTHORIZATION \(role)")
            #expect(try await registry.deploy(deployment(shop, "d1")).views == ["shop.orders", "shop.orders_fulfil"])
        }
    }

    @Test func `views that were made while a role was missing are its to read once rights are given`() async throws {
        try await withStore { _, pool in
            try await RegistryStore(pool).deploy(deployment(shop, "d1"))
            try await pool.execute(
                """
                REVOKE USAGE ON SCHEMA shop FROM mesh_read; REVOKE ALL ON shop.orders, shop.orders_fulfil FROM mesh_read;
                CREATE SCHEMA own; CREATE VIEW own.orders AS SELECT 1 AS mine
                """)
            try await pool.execute("SELECT mesh.grant_rights()")
            let readable = try await pool.rows(
                """
                SELECT name, has_table_privilege('mesh_read', name, 'SELECT'), has_schema_privilege('mesh_read', split_part(name, '.', 1), 'USAGE')
                FROM unnest(ARRAY['own.orders', 'shop.orders', 'shop.orders_fulfil']) name
                """)
            #expect(readable == ["(own.orders,f,f)", "(shop.orders,t,t)", "(shop.orders_fulfil,t,t)"])
        }
    }
}
