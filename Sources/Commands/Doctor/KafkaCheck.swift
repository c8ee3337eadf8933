import Kafka
import Postgres

/// The brokers: reachable, and the topics as the mesh recorded them.
enum KafkaCheck {
    private static let recorded = Statement.oneOff("SELECT name, partitions::int8 FROM mesh.topic ORDER BY name")

    static func run(_ configuration: KafkaConfiguration, postgres: String?) async -> [Finding] {
        do {
            let admin = try KafkaAdmin(configuration, timeout: .seconds(5))
            let result: Result<KafkaMetadata, KafkaError>
            do throws(KafkaError) { result = .success(try await admin.metadata()) } catch { result = .failure(error) }
            await admin.close()
            let metadata = try result.get()
            let brokers = Finding(
                subject: "kafka", verdict: .fine,
                fact:
                    "\(metadata.brokers) broker\(metadata.brokers == 1 ? "" : "s"), \(metadata.topics.count) topic\(metadata.topics.count == 1 ? "" : "s")"
            )
            return [brokers] + (await topics(metadata, postgres))
        } catch {
            let failure = Failures.describe(error)
            return [
                Finding(
                    subject: "kafka", verdict: failure.exit == .unreachable ? .unreachable : .problem,
                    fact: failure.message, remedy: failure.hint ?? "")
            ]
        }
    }

    /// Compares the topics with `mesh.topic`; silent where that can't be read, since the database check says so.
    private static func topics(_ metadata: KafkaMetadata, _ postgres: String?) async -> [Finding] {
        guard let postgres, let (expected, isDurable) = try? await recordedTopics(postgres) else { return [] }
        let lost = expected.map(\.0).filter { metadata.topics[$0] == nil }
        if isDurable, let first = lost.first {
            return [
                Finding(
                    subject: "topics", verdict: .problem,
                    fact:
                        "\(lost.count) of \(expected.count) that the mesh has recorded aren't there, \(first) for one",
                    remedy:
                        "is this the mesh's broker? If it has lost them, see \"Kafka lost\" in docs/operations.md: what it had acknowledged is gone"
                )
            ]
        }
        let wrong = expected.compactMap { name, partitions -> Finding? in
            switch metadata.topics[name] {
            case nil:
                Finding(
                    subject: "topic \(name)", verdict: .warning, fact: "recorded by the mesh, not there",
                    remedy: "a router makes it again when it starts; what was in it is published again from the outbox")
            case partitions?: nil
            case let found?:
                Finding(
                    subject: "topic \(name)", verdict: .problem,
                    fact: "has \(found) partitions, the mesh recorded \(partitions)",
                    remedy: "keys moved to other partitions: see \"Changing the partition count\" in docs/operations.md"
                )
            }
        }
        return wrong.isEmpty
            ? [Finding(subject: "topics", verdict: .fine, fact: "\(expected.count) as recorded")] : wrong
    }

    /// The topics, and whether the broker is one that keeps what it has.
    private static func recordedTopics(_ postgres: String) async throws -> ([(String, Int32)], Bool) {
        var configuration = PostgresConfiguration(url: postgres)
        configuration.patience = .seconds(3)
        let connection = try PostgresConnection(configuration)
        defer { connection.close() }
        let topics = try await connection.query(recorded).map { (try $0.text(0), Int32(clamping: try $0.int64(1))) }
        let durable = try await connection.query(.oneOff("SELECT mesh.setting_value('broker_durable')::bool"))
        return (topics, try durable.first?.bool(0) ?? true)
    }
}
