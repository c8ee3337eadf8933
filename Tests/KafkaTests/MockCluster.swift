internal import CRdKafka
import Kafka
import TestSupport

/// A cluster of one broker that answers as Apache Kafka does where the embedded broker doesn't: librdkafka's own, in this process.
final class MockCluster {
    private let client: OpaquePointer
    private let cluster: OpaquePointer

    init(topics: [String], partitions: Int32) throws {
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, nil, nil, 0) else {
            throw Failure(description: "there is no client for the cluster")
        }
        guard let cluster = rd_kafka_mock_cluster_new(client, 1) else {
            rd_kafka_destroy(client)
            throw Failure(description: "there is no mock cluster in this librdkafka")
        }
        (self.client, self.cluster) = (client, cluster)
        for topic in topics { rd_kafka_mock_topic_create(cluster, topic, partitions, 1) }
    }

    deinit {
        rd_kafka_mock_cluster_destroy(cluster)
        rd_kafka_destroy(client)
    }

    var configuration: KafkaConfiguration {
        .cluster(bootstrapServers: rd_kafka_mock_cluster_bootstraps(cluster).map { String(cString: $0) } ?? "")
    }

    /// Closes all connections, and takes no more.
    func takeDown() { rd_kafka_mock_broker_set_down(cluster, 1) }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }
}
