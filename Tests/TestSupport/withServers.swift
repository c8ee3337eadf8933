package import Embedded
internal import Foundation
package import Kafka

/// Lends the process's broker, with a configuration for it.
package func withBroker<Result>(_ body: (KafkaConfiguration) async throws -> Result) async throws -> Result {
    let broker = try await TestEnvironment.sharedBroker()
    return try await body(.embedded(bootstrapServers: broker.bootstrapServers))
}

/// Lends a broker that this test alone uses, to kill and restart; it is ended afterwards.
package func withOwnBroker<Result>(_ body: (EmbeddedBroker, KafkaConfiguration) async throws -> Result) async throws
    -> Result
{
    let directory = "\(TestEnvironment.directory)/\(TestEnvironment.uniqueName("broker"))"
    let broker = try await EmbeddedBroker.start(directory: directory, binary: TestEnvironment.binary)
    do {
        let result = try await body(broker, .embedded(bootstrapServers: broker.bootstrapServers))
        await broker.stop()
        return result
    } catch {
        await broker.stop()
        throw error
    }
}

/// Lends the process's Postgres.
package func withPostgres<Result>(_ body: (EmbeddedPostgres) async throws -> Result) async throws -> Result {
    try await body(try await TestEnvironment.sharedPostgres())
}

/// Lends a Postgres that this test alone uses, to kill and restart; it is ended afterwards.
package func withOwnPostgres<Result>(_ body: (EmbeddedPostgres) async throws -> Result) async throws -> Result {
    let directory = "\(TestEnvironment.directory)/\(TestEnvironment.uniqueName("postgres"))"
    let postgres = try await EmbeddedPostgres.start(directory: directory)
    do {
        let result = try await body(postgres)
        await postgres.kill()
        return result
    } catch {
        await postgres.kill()
        throw error
    }
}

/// Lends the connection string of a new, empty database, dropped afterwards.
package func withDatabase<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let postgres = try await TestEnvironment.sharedPostgres()
    let name = TestEnvironment.uniqueName("test")
    try await Psql.run(postgres.url(), "CREATE DATABASE \(name)")
    do {
        let result = try await body(postgres.url(database: name))
        try await Psql.run(postgres.url(), "DROP DATABASE \(name) WITH (FORCE)")
        return result
    } catch {
        // The first error is the one to see.
        _ = try? await Psql.run(postgres.url(), "DROP DATABASE \(name) WITH (FORCE)")
        throw error
    }
}

/// Creates a topic with a name of its own on the given cluster, and returns the name.
package func makeTopic(_ configuration: KafkaConfiguration, partitions: Int32 = 1, prefix: String = "topic")
    async throws
    -> String
{
    let name = TestEnvironment.uniqueName(prefix)
    let admin = try KafkaAdmin(configuration)
    let failures = try await admin.createTopics([NewTopic(name, partitions: partitions, replication: 1)])
    await admin.close()
    if let failure = failures[name] { throw failure }
    return name
}
