package import MeshCore
package import Schemas

/// A package that is to be put in force; checked by the caller.
package struct NewDeployment: Sendable {
    /// SHA-256 of the package, in hex.
    package var digest: String
    /// Nil where the store has the package already (a rollback).
    package var wasm: [UInt8]?
    /// The schema document as it stands in the package.
    package var schemaText: String
    package var schema: MeshSchema
    package var pool: String
    /// Who deploys it.
    package var actor: String
    /// The packages of the services that it was reviewed against: where others are in force by now, it is refused. Nil where it doesn't matter.
    package var reviewedAgainst: [String: String]?

    package init(
        digest: String, wasm: [UInt8]?, schemaText: String, schema: MeshSchema, pool: String = "default", actor: String,
        reviewedAgainst: [String: String]? = nil
    ) {
        self.digest = digest
        self.wasm = wasm
        self.schemaText = schemaText
        self.schema = schema
        self.pool = pool
        self.actor = actor
        self.reviewedAgainst = reviewedAgainst
    }
}

/// What a deploy did.
package struct DeploymentReceipt: Sendable, Equatable {
    package var id: Int64
    /// What each service ran before; a new service isn't in it.
    package var replaced: [String: String]
    /// The views of the services' states and workflows, as SQL writes their names: `shop.orders`, `"order".orders`.
    package var views: [String]

    package init(id: Int64, replaced: [String: String], views: [String]) {
        self.id = id
        self.replaced = replaced
        self.views = views
    }
}

/// A package in force, and for which services.
package struct ActiveArtifact: Sendable, Equatable {
    package var digest: String
    package var schemaText: String
    package var services: Set<String>
    package var pool: String

    package init(digest: String, schemaText: String, services: Set<String>, pool: String) {
        self.digest = digest
        self.schemaText = schemaText
        self.services = services
        self.pool = pool
    }
}

/// A deploy of the past.
package struct DeploymentRecord: Sendable, Equatable {
    package var id: Int64
    package var digest: String
    package var namespace: String
    package var version: String
    package var services: [String]
    package var pool: String
    package var deployedBy: String
    package var deployedAt: Timestamp
    /// True where one of its services still runs what it brought.
    package var isActive: Bool
}
