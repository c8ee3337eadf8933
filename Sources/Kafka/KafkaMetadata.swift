/// What a cluster consists of.
package struct KafkaMetadata: Sendable, Equatable {
    package var brokers: Int
    /// Partition counts by topic; topics that the brokers report with an error are left out.
    package var topics: [String: Int32]

    package init(brokers: Int, topics: [String: Int32]) {
        self.brokers = brokers
        self.topics = topics
    }
}
