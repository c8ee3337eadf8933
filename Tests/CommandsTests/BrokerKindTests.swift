import Kafka
import Testing

@testable import Commands
@testable import Outbox

/// How workers and relays know what kind of broker they talk to.
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
}
