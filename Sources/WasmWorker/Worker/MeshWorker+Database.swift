import Outbox
package import Postgres

extension MeshWorker {
    /// A worker on the mesh's database: its store, its registry, and what to do when the broker has lost its data.
    package convenience init(_ configuration: WorkerConfiguration, database: PostgresPool) throws {
        let registry = RegistryStore(database)
        try self.init(
            configuration, store: PostgresPartitionStore(database),
            deployments: RegistryDeployments(
                registry, workflows: WorkflowStore(database), pool: configuration.pool),
            logIsBehind: { id, _, _ in
                // Only a broker without durable storage may lose what it had; everything else is an accident to be looked at.
                let book = try await registry.topicBook()
                guard !book.isBrokerDurable else { return }
                _ = try await registry.brokerReset(
                    lost: [id.topic], observed: book.brokerEpoch, by: configuration.name)
            })
    }
}
