import MeshCore
package import Postgres
import Schemas

/// What is deployed: read by routers and workers, changed by deploys.
package struct RegistryStore: Sendable {
    /// The channel on which each change is told, after its commit.
    package static let channel = "mesh_registry"

    let database: Database

    package init(_ pool: PostgresPool) { database = Database(pool) }

    /// Puts a package in force for its services, all in one transaction: routes, views of states, history, the audit fact.
    ///
    /// Services of other packages stay as they are. Throws `other` where a view can't be made, saying what stands in its way, and `transient`
    /// where something else is in force by now than it was reviewed against.
    @discardableResult
    package func deploy(_ deployment: NewDeployment) async throws(StoreError) -> DeploymentReceipt {
        var views: [StateView] = []
        var workflows: [WorkflowView] = []
        for service in deployment.schema.services {
            if let view = try StateView(service, in: deployment.schema) { views.append(view) }
            workflows += try service.workflows.map { method throws(StoreError) in
                try WorkflowView(method, of: service, in: deployment.schema)
            }
        }
        let (pipeline, place) = RegistryStore.pipeline(deployment, views, workflows)
        let result = try await database.withConnection { connection throws(PostgresError) in
            try await connection.submit(pipeline)[place]
        }
        let receipt = try result.firstRow { row throws(PostgresError) in
            DeploymentReceipt(
                id: try row.int64(0),
                replaced: Dictionary(zip(try row.texts(1), try row.texts(2)), uniquingKeysWith: { first, _ in first }),
                views: views.map(\.qualifiedName) + workflows.map(\.qualifiedName))
        }
        guard let receipt else { throw .other(message: "mesh.deploy returned no row", sqlstate: nil) }
        return receipt
    }

    /// The transaction, and where in it the result of the deploy is.
    private static func pipeline(_ deployment: NewDeployment, _ views: [StateView], _ workflows: [WorkflowView])
        -> (pipeline: Pipeline, place: Int)
    {
        var pipeline = Pipeline()
        pipeline.begin()
        pipeline.add(RegistryStatement.lock)
        if let basis = deployment.reviewedAgainst {
            pipeline.add(RegistryStatement.requireInForce, .texts(Array(basis.keys)), .texts(Array(basis.values)))
        }
        let place = pipeline.add(RegistryStatement.deploy, RegistryStatement.values(of: deployment, views))
        for view in views {
            pipeline.add(RegistryStatement.replaceView, view.values)
            pipeline.add(RegistryStatement.commentColumns, view.commentValues)
        }
        for view in workflows {
            pipeline.add(RegistryStatement.replaceWorkflowView, view.values)
            pipeline.add(RegistryStatement.commentColumns, view.commentValues)
        }
        pipeline.add(RegistryStatement.notify, .text(deployment.digest))
        pipeline.commit()
        return (pipeline, place)
    }

    /// What of a service isn't done; nil where it isn't in force.
    package func unfinishedWork(of service: String) async throws(StoreError) -> UnfinishedWork? {
        let rows = try await database.query(RegistryStatement.unfinished, .text(service))
        return try rows.firstRow { row throws(PostgresError) in
            UnfinishedWork(
                openWorkflows: try row.int64(0), parked: try row.int64(1), waiting: try row.int64(2),
                callers: try row.texts(3))
        }
    }

    /// Takes a service out of force; its state, workflows, messages and dead letters stay, and what waits goes on where it is deployed again.
    ///
    /// `details`, a JSON object, goes into the audit trail. False where it wasn't in force.
    @discardableResult
    package func undeploy(_ service: String, by actor: String, details: String = "{}") async throws(StoreError) -> Bool
    {
        var pipeline = Pipeline()
        pipeline.begin()
        pipeline.add(RegistryStatement.lock)
        let removed = pipeline.add(RegistryStatement.undeploy, .text(service), .text(actor), .text(details))
        pipeline.add(RegistryStatement.notify, .text(""))
        pipeline.commit()
        return try await database.submit(pipeline)[removed].count == 1
    }

    /// Everything in force.
    package func active() async throws(StoreError) -> [ActiveArtifact] {
        let rows = try await database.query(RegistryStatement.active)
        return try rows.readRows { row throws(PostgresError) in
            ActiveArtifact(
                digest: try row.text(0), schemaText: String(decoding: try row.bytes(1), as: UTF8.self),
                services: Set(try row.texts(3)), pool: try row.text(2))
        }
    }

    /// A package's bytes; nil when there is none of that digest.
    package func wasm(_ digest: String) async throws(StoreError) -> [UInt8]? {
        let rows = try await database.query(RegistryStatement.wasm, .text(digest))
        return try rows.firstRow { row throws(PostgresError) in try row.bytes(0) }
    }

    /// A package's whole digest and its schema document; nil where none, or more than one, begins with `digest`.
    package func schemaText(_ digest: String) async throws(StoreError) -> (digest: String, text: String)? {
        let rows = try await database.query(RegistryStatement.schema, .text(digest))
        guard rows.count == 1 else { return nil }
        return try rows.firstRow { row throws(PostgresError) in
            (try row.text(0), String(decoding: try row.bytes(1), as: UTF8.self))
        }
    }

    /// The deploys of the past, newest first.
    package func history(limit: Int) async throws(StoreError) -> [DeploymentRecord] {
        let rows = try await database.query(RegistryStatement.history, .integer(limit))
        return try rows.readRows { row throws(PostgresError) in
            DeploymentRecord(
                id: try row.int64(0), digest: try row.text(1), namespace: try row.text(2), version: try row.text(3),
                services: try row.texts(4), pool: try row.text(5), deployedBy: try row.text(6),
                deployedAt: try row.timestamp(7), isActive: try row.bool(8))
        }
    }

    /// Calls `changed` after each deploy, on a connection's thread (it must not block), and after a reconnect, since something may have been missed.
    package func whenChanged(_ changed: @escaping @Sendable () -> Void) {
        database.pool.connections[0].listen(RegistryStore.channel) { _ in changed() }
    }
}
