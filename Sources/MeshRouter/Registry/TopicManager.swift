package import Kafka
import MeshCore
package import Outbox

/// Brings the topics of the mesh into being, and notices when the broker has lost or changed them.
package final class TopicManager: Sendable {
    /// What stands ready and what doesn't.
    package struct Outcome: Sendable, Equatable {
        package var ready: [String: Int32] = [:]
        package var problems: [String: String] = [:]
        /// Rises each time the broker came back empty.
        package var brokerEpoch: Int64
        /// False where the broker keeps its data in memory only.
        package var isBrokerDurable: Bool
    }

    private let admin: KafkaAdmin
    private let store: RegistryStore
    private let replication: Int32
    private let log = Log("router")

    /// `replication` is how many copies new topics have; -1 leaves it to the brokers.
    package init(admin: KafkaAdmin, store: RegistryStore, replication: Int32 = -1) {
        self.admin = admin
        self.store = store
        self.replication = replication
    }

    /// Makes sure of topics: creates those that are missing, checks the others, resets what a broker has forgotten that keeps nothing.
    package func ensure(_ wanted: [String: TopicRecord.Kind]) async throws -> Outcome {
        // In this order: what is on record was on the broker when it was recorded.
        let book = try await store.topicBook()
        let recorded = Dictionary(book.topics.map { ($0.name, $0.partitions) }, uniquingKeysWith: { first, _ in first })
        let present = try await admin.metadata().topics
        // Recorded topics that nobody wants any more may still hold what somebody has to consume.
        let names = Set(wanted.keys).union(recorded.keys)
        let plan = TopicPlan(
            wanted: names, partitions: book.partitions, recorded: recorded, present: present)
        var outcome = Outcome(
            ready: plan.ready, problems: plan.refused, brokerEpoch: book.brokerEpoch,
            isBrokerDurable: book.isBrokerDurable)
        if book.isBrokerDurable {
            for name in plan.lost.keys where wanted[name] != nil { outcome.problems[name] = TopicManager.gone }
            try await create(plan.create, &outcome)
        } else {
            if !plan.lost.isEmpty, try await reset(plan.lost.keys.sorted(), book) { outcome.brokerEpoch += 1 }
            try await create(plan.create.merging(plan.lost) { own, _ in own }, &outcome)
        }
        for (name, count) in plan.record { outcome.ready[name] = count }
        let news = plan.create.merging(plan.record) { own, _ in own }.filter { outcome.ready[$0.key] == $0.value }
        if !news.isEmpty {
            try await store.record(
                news.map { TopicRecord(name: $0.key, kind: wanted[$0.key] ?? .event, partitions: $0.value) })
        }
        return outcome
    }

    /// A broker that keeps what it has loses nothing: it is another one, or somebody has deleted the topic. To begin anew there would have
    /// everything run again once the right one is back.
    private static let gone =
        "the mesh has used it, and it isn't on this broker: is this the right address? If it is lost for good, see \"Kafka lost\" in docs/operations.md"

    private func reset(_ lost: [String], _ book: TopicBook) async throws -> Bool {
        log.warning(
            "the broker has lost topics that the mesh used; what wasn't consumed is published again",
            ["topics": lost.joined(separator: " ")])
        return try await store.brokerReset(lost: lost, observed: book.brokerEpoch, by: "router")
    }

    private func create(_ topics: [String: Int32], _ outcome: inout Outcome) async throws {
        guard !topics.isEmpty else { return }
        let failures = try await admin.createTopics(
            topics.map {
                NewTopic(
                    $0.key, partitions: $0.value, replication: replication,
                    configuration: ["max.message.bytes": "\(KafkaProducer.maximumRecordBytes)"])
            })
        // Another router may have been faster; what it made is checked the next time.
        var appeared: [String: Int32] = [:]
        if failures.values.contains(where: { $0.code == .topicAlreadyExists }) {
            appeared = try await admin.metadata().topics
        }
        for (name, count) in topics {
            switch failures[name] {
            case nil:
                outcome.ready[name] = count
                log.info("created a topic", ["topic": name, "partitions": "\(count)"])
            case let failure? where failure.code == .topicAlreadyExists:
                if appeared[name] == count {
                    outcome.ready[name] = count
                } else {
                    outcome.problems[name] = "it was just created with another partition count"
                }
            case let failure?:
                outcome.problems[name] = "it can't be created: \(failure.message)"
            }
        }
    }
}
