/// A topic to be created.
package struct NewTopic: Sendable, Equatable {
    package var name: String
    package var partitions: Int32
    /// Copies of each partition; -1 for the brokers' default.
    package var replication: Int32
    /// The topic's own settings (`retention.ms`, `min.insync.replicas`).
    package var configuration: [String: String]

    package init(_ name: String, partitions: Int32, replication: Int32 = -1, configuration: [String: String] = [:]) {
        self.name = name
        self.partitions = partitions
        self.replication = replication
        self.configuration = configuration
    }
}
