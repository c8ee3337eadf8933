import Kafka
import Outbox
import Postgres
import TestSupport
import Testing

@testable import MeshRouter

/// What a router makes of topics that the mesh has used and that aren't on the broker.
@Suite struct TopicManagerTests {
    @Test func `only a broker that may come back empty is begun with anew, any other may be the wrong one`()
        async throws
    {
        try await withBroker { kafka in
            try await withDatabase { url in
                let pool = try PostgresPool(PostgresConfiguration(url: url), size: 1)
                defer { pool.close() }
                try await Migrations.run(pool.connections[0])
                let store = RegistryStore(pool)
                let admin = try KafkaAdmin(kafka)
                let topics = TopicManager(admin: admin, store: store, replication: 1)
                let (used, new) = (TestEnvironment.uniqueName("used"), TestEnvironment.uniqueName("new"))
                try await store.record([TopicRecord(name: used, kind: .event, partitions: 2)])
                try await store.set("partitions", to: "2")
                let wanted: [String: TopicRecord.Kind] = [used: .event, new: .event]

                try await store.set("broker_durable", to: "true")
                let careful = try await topics.ensure(wanted)
                #expect(careful.ready == [new: 2])
                #expect(careful.problems[used]?.contains("right address") == true)
                #expect(try await store.topicBook().brokerEpoch == careful.brokerEpoch)
                #expect(try await admin.metadata().topics[used] == nil)

                try await store.set("broker_durable", to: "false")
                let begun = try await topics.ensure(wanted)
                #expect(begun.ready == [used: 2, new: 2] && begun.problems.isEmpty)
                #expect(begun.brokerEpoch == careful.brokerEpoch + 1)
                #expect(try await admin.metadata().topics[used] == 2)
                await admin.close()
            }
        }
    }
}
