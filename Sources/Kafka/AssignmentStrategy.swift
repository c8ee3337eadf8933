/// How a group spreads partitions over its members.
package enum AssignmentStrategy: String, Sendable, CaseIterable {
    /// Partition i of every topic goes to the same member, so that consumers of several topics co-partition; a rebalance
    /// takes every partition from everybody first.
    case range
    /// Moves only the partitions that must move; topics with equal counts are not sure to co-partition.
    case cooperativeSticky = "cooperative-sticky"
}
