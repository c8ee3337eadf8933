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
            brokerLoss: BrokerLoss(
                epoch: { try await registry.setting("broker_epoch").flatMap { Int64($0) } ?? 1 },
                reset: { id, observed in
                    // Only a broker without durable storage may lose what it had; everything else is an accident to be looked at.
                    guard try await !registry.topicBook().isBrokerDurable else { return }
                    _ = try await registry.brokerReset(lost: [id.topic], observed: observed, by: configuration.name)
                }))
    }
}
