import HTTPServer
import MeshCore
import Postgres
import TestSupport
import Testing

@testable import MeshRouter

/// Packages that serve only some of their services any more, since later ones have taken over the others.
@Suite struct SupersededServicesTests {
    /// Two services: one that says and keeps things, in three versions, and one beside it.
    private func schema(
        _ version: String, note: String, method: String, says: Bool, hasBeside: Bool
    ) -> String {
        """
        @mesh(namespace: "shop", version: "\(version)")
        type Said { id: ID! }
        type Thing @key(field: "id") { id: ID!  \(note) }
        service Things @state(type: "Thing") {
          \(method)
          \(says ? "@emits(event: \"thing.said\", key: \"id\") said(event: Said!): Void" : "")
        }
        \(hasBeside ? "service Beside { look(id: ID!): Void }" : "")
        """
    }

    private var first: String {
        schema("1.0.0", note: "", method: "make(id: ID!, size: Int!): Thing!", says: true, hasBeside: true)
    }

    private var second: String {
        schema(
            "2.0.0", note: "note: String", method: "make(id: ID!, size: String!): Thing!", says: false, hasBeside: false
        )
    }

    /// Deploys the first package and then the second, which breaks the first one's service; the first one's digest is the lower, so that it
    /// comes first wherever they come in order.
    private func withSuperseded(_ body: (RunningRouter) async throws -> Void) async throws {
        try await withRouter(schemas: []) { mesh in
            let next = try TextPackage.make(second)
            let before = try #require(
                try (0..<64).lazy.map { try TextPackage.make(first + String(repeating: "\n", count: $0)) }
                    .first { SHA256.hex($0) < SHA256.hex(next) })
            #expect(try await mesh.control("POST", "deployments", body: before).status == 201)
            let deployed = try await mesh.control("POST", "deployments?allow-breaking=true", body: next)
            #expect(deployed.status == 201, "\(deployed.text)")
            try await body(mesh)
        }
    }

    @Test func `a package is compared with the services that are in force, and those beside it stay`() async throws {
        try await withSuperseded { mesh in
            let third = schema(
                "2.1.0", note: "note: String", method: "make(id: ID!, size: String!): Thing!  more: Void", says: false,
                hasBeside: false)
            let deployed = try await mesh.control("POST", "deployments", body: try TextPackage.make(third))
            #expect(deployed.status == 201, "\(deployed.text)")
            #expect(deployed.member("changes") == "[1]" && deployed.member("broken") == "[0]", "\(deployed.text)")
            #expect(deployed.member("changes.0.subject") == "shop.Things/more")
            let services = try await mesh.control("GET", "services")
            #expect(services.member("services") == "[2]" && services.text.contains("shop.Beside"))
        }
    }

    @Test func `states that the version in force could write are read before the next one is`() async throws {
        try await withSuperseded { mesh in
            _ = try await mesh.pool.query(
                .oneOff(
                    "INSERT INTO mesh.state (service, key, version, data) VALUES ('shop.Things', 'k', 1, '{\"id\":\"k\",\"note\":\"n\"}')"
                ))
            // The first version's states all have this form, as none of them has a note.
            let other = schema(
                "3.0.0", note: "note: Int", method: "make(id: ID!, size: String!): Thing!", says: false,
                hasBeside: false)
            let refused = try await mesh.control("POST", "deployments", body: try TextPackage.make(other))
            #expect(refused.status == 400, "\(refused.text)")
            #expect(refused.member("details.checks.0.findings.0.id") == "k", "\(refused.text)")
        }
    }

    @Test func `what only a superseded version said is said by nobody`() async throws {
        try await withSuperseded { mesh in
            let listener = """
                @mesh(namespace: "other", version: "1.0.0")
                type Heard { id: ID! }
                service Ears { @handles(event: "thing.said", key: "id") on(event: Heard!): Void }
                """
            let refused = try await mesh.control("POST", "deployments", body: try TextPackage.make(listener))
            #expect(refused.status == 400, "\(refused.text)")
            #expect(refused.member("message")?.contains("thing.said") == true, "\(refused.text)")
            // Its name is free for another type.
            let speaker = """
                @mesh(namespace: "other", version: "1.0.0")
                type Said { id: ID!  more: Int! }
                service Mouth { @emits(event: "thing.said", key: "id") said(event: Said!): Void }
                """
            let deployed = try await mesh.control("POST", "deployments", body: try TextPackage.make(speaker))
            #expect(deployed.status == 201, "\(deployed.text)")
        }
    }

    @Test func `a service that stays beside a new version is a neighbour that it can break`() async throws {
        let both = """
            @mesh(namespace: "shop", version: "1.0.0")
            type Said { id: ID! }
            service Mouth { speak: Void  @emits(event: "thing.said", key: "id") said(event: Said!): Void }
            service Ears { @handles(event: "thing.said", key: "id") on(event: Said!): Void }
            """
        let silent = """
            @mesh(namespace: "shop", version: "2.0.0")
            service Mouth { speak: Void }
            """
        try await withRouter(schemas: []) { mesh in
            #expect(try await mesh.control("POST", "deployments", body: try TextPackage.make(both)).status == 201)
            let refused = try await mesh.control("POST", "deployments", body: try TextPackage.make(silent))
            #expect(refused.status == 400, "\(refused.text)")
            #expect(refused.member("message")?.contains("thing.said") == true, "\(refused.text)")
        }
    }
}
