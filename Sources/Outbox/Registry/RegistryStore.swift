import MeshCore
package import Postgres
package import Schemas

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
        let (views, workflows) = try RegistryStore.views(of: deployment.schema)
        let (pipeline, place, names) = RegistryStore.pipeline(deployment, views, workflows)
        let results = try await database.withConnection { connection throws(PostgresError) in
            let results = try await connection.submit(pipeline)
            return (deploy: results[place], names: results[names])
        }
        let shown = try results.names.firstRow { row throws(PostgresError) in try row.texts(0) } ?? []
        let receipt = try results.deploy.firstRow { row throws(PostgresError) in
            DeploymentReceipt(
                id: try row.int64(0),
                replaced: Dictionary(zip(try row.texts(1), try row.texts(2)), uniquingKeysWith: { first, _ in first }),
                views: shown)
        }
        guard let receipt else { throw .other(message: "mesh.deploy returned no row", sqlstate: nil) }
        return receipt
    }

    /// What stands where views of a schema belong and isn't ours, a sentence each: such a schema can't be deployed.
    package func viewObstacles(to schema: MeshSchema) async throws(StoreError) -> [String] {
        let places: [ViewPlace]
        do {
            let (views, workflows) = try RegistryStore.views(of: schema)
            places = views.map(\.place) + workflows.map(\.place)
        } catch {
            return [error.description]
        }
        let rows = try await database.query(
            RegistryStatement.viewObstacles, .texts(places.map(\.schema)), .texts(places.map(\.name)),
            .texts(places.map(\.what)), .texts(places.map(\.mark)))
        return try rows.readRows { row throws(PostgresError) in
            try row.text(0) + "; rename it, or give the service or its namespace another name"
        }
    }

    private static func views(of schema: MeshSchema) throws(StoreError) -> ([StateView], [WorkflowView]) {
        var views: [StateView] = []
        var workflows: [WorkflowView] = []
        for service in schema.services {
            if let view = try StateView(service, in: schema) { views.append(view) }
            workflows += try service.workflows.map { method throws(StoreError) in
                try WorkflowView(method, of: service, in: schema)
            }
        }
        return (views, workflows)
    }

    /// The transaction, and where in it the results of the deploy and of the views' names are.
    private static func pipeline(_ deployment: NewDeployment, _ views: [StateView], _ workflows: [WorkflowView])
        -> (pipeline: Pipeline, place: Int, names: Int)
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
        let places = views.map(\.place) + workflows.map(\.place)
        let names = pipeline.add(
            RegistryStatement.viewNames, .texts(places.map(\.schema)), .texts(places.map(\.name)))
        pipeline.add(RegistryStatement.notify, .text(deployment.digest))
        pipeline.commit()
        return (pipeline, place, names)
    }

    /// What of a service isn't done; nil where it isn't in force.
    package func unfinishedWork(of service: String) async throws(StoreError) -> UnfinishedWork? {
        let rows = try await database.query(RegistryStatement.unfinished, .text(service))
        return try rows.firstRow { row throws(PostgresError) in
            UnfinishedWork(
                openWorkflows: try row.int64(0), parked: try row.int64(1), waiting: try row.int64(2),
                delayed: try row.int64(3), callers: try row.texts(4))
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
