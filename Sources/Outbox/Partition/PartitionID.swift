/// One partition of a topic as read by one consumer group.
package struct PartitionID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// `wasmesh.<pool>`.
    package var group: String
    package var topic: String
    package var partition: Int32

    package init(group: String, topic: String, partition: Int32) {
        self.group = group
        self.topic = topic
        self.partition = partition
    }

    package static func < (left: PartitionID, right: PartitionID) -> Bool {
        (left.group, left.topic, left.partition) < (right.group, right.topic, right.partition)
    }

    package var description: String { "\(group):\(topic)/\(partition)" }
}
