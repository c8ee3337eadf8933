/// A topic as the mesh has recorded it.
package struct TopicRecord: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case calls, event, replies, dead
    }

    package var name: String
    package var kind: Kind
    package var partitions: Int32

    package init(name: String, kind: Kind, partitions: Int32) {
        self.name = name
        self.kind = kind
        self.partitions = partitions
    }
}

/// What the mesh knows of topics, read at one time.
package struct TopicBook: Sendable, Equatable {
    /// How many partitions new topics get.
    package var partitions: Int32
    package var topics: [TopicRecord]
    /// Rises each time a broker came back empty.
    package var brokerEpoch: Int64
    /// False where the broker keeps its data in memory only.
    package var isBrokerDurable: Bool
}
