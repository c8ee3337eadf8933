import MeshCore
import Synchronization

/// The routes in force together with the topics that stand ready for them: what one request is decided by.
package struct Routing: Sendable {
    package var table: RouteTable
    /// Partition counts by topic, for those that were created or checked.
    package var partitions: [String: Int32]
    /// Why a topic isn't ready, by topic.
    package var topicProblems: [String: String]
    /// Rises each time a broker came back empty: then topics begin anew.
    package var brokerEpoch: Int64 = 0

    package init(
        table: RouteTable = RouteTable([]), partitions: [String: Int32] = [:], topicProblems: [String: String] = [:]
    ) {
        self.table = table
        self.partitions = partitions
        self.topicProblems = topicProblems
    }

    /// Where a message of a topic with this key goes.
    func partition(of key: String, topic: String) throws(MeshError) -> Int32 {
        guard let count = partitions[topic] else {
            throw MeshError(
                .providerUnavailable,
                "the topic \(topic) isn't ready: \(topicProblems[topic] ?? "it is being created")",
                retryable: true)
        }
        return Partitioner.partition(of: key, count: count)
    }
}

/// Holds the routing that is in force; swapped as a whole.
package final class RoutingHolder: Sendable {
    private let state = Mutex<(routing: Routing, isLoaded: Bool)>((Routing(), false))

    package init() {}

    package var current: Routing { state.withLock { $0.routing } }

    /// What is in force; throws where the routes haven't been loaded yet.
    func loaded() throws(MeshError) -> Routing {
        let (routing, isLoaded) = state.withLock { $0 }
        guard isLoaded else {
            throw MeshError(.providerUnavailable, "the routes aren't loaded yet; try again", retryable: true)
        }
        return routing
    }

    package func swap(_ routing: Routing) { state.withLock { $0 = (routing, true) } }
}
