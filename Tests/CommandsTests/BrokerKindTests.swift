import Kafka
import Postgres
import TestSupport
import Testing

@testable import Commands
@testable import Outbox

/// How processes know what kind of broker they talk to.
@Suite struct BrokerKindTests {
    @Test(arguments: [(false, true, false), (false, false, true), (true, true, true), (true, false, true)])
    func `it is the embedded one where the project's dev mesh or the mesh's settings say so`(
        isOfProject: Bool, isDurable: Bool, isEmbedded: Bool
    ) {
        let mesh = MeshSettings(
            postgres: "p", kafka: "k:1", isEmbeddedBroker: isOfProject, partitions: nil, replication: 1)
        let book = TopicBook(partitions: 4, topics: [], brokerEpoch: 1, isBrokerDurable: isDurable)
        #expect(MeshParts.kafka(mesh, book).isEmbedded == isEmbedded)
    }

    @Test func `a router that knows less than the mesh changes nothing once there are topics`() async throws {
        try await withDatabase { url in
            _ = try await MeshParts.migrate(url, dryRun: false)
            let pool = try PostgresPool(PostgresConfiguration(url: url), size: 1)
            defer { pool.close() }
            func configured(isEmbedded: Bool, partitions: Int) async throws -> TopicBook {
                try await MeshParts.configure(
                    MeshSettings(
                        postgres: url, kafka: "k:1", isEmbeddedBroker: isEmbedded, partitions: partitions,
                        replication: 1))
                return try await RegistryStore(pool).topicBook()
            }
            var book = try await configured(isEmbedded: true, partitions: 4)
            #expect(!book.isBrokerDurable && book.partitions == 4)
            book = try await configured(isEmbedded: false, partitions: 8)
            #expect(book.isBrokerDurable && book.partitions == 8)
            book = try await configured(isEmbedded: true, partitions: 4)
            try await RegistryStore(pool).record([TopicRecord(name: "shop.Orders", kind: .calls, partitions: 4)])
            book = try await configured(isEmbedded: false, partitions: 8)
            #expect(!book.isBrokerDurable && book.partitions == 4)
            // The other way round it is said: that the broker's records may be lost is what must never be missed.
            try await pool.connections[0].script("UPDATE mesh.setting SET value = 'true' WHERE name = 'broker_durable'")
            book = try await configured(isEmbedded: true, partitions: 8)
            #expect(!book.isBrokerDurable && book.partitions == 4)
        }
    }
}
