package import Kafka
import Synchronization

/// The topic `mesh.replies` in Kafka.
package struct KafkaReplySource: ReplySource {
    private let kafka: KafkaConfiguration
    private let admin: KafkaAdmin

    package init(_ kafka: KafkaConfiguration, admin: KafkaAdmin) {
        self.kafka = kafka
        self.admin = admin
    }

    package func end(of partition: TopicPartition) async throws -> Int64 { try await admin.watermarks(partition).high }

    package func read(
        _ partition: TopicPartition, from offset: Int64, _ take: @escaping @Sendable ([KafkaRecord]) -> Void
    ) throws -> any ReplyReader {
        let opened = KafkaReplyReader(partition)
        let reader = try KafkaReader(kafka, records: take) { error, partition in
            // The embedded broker came back empty.
            if error.code == .offsetOutOfRange, partition != nil {
                opened.startOver()
            } else {
                KafkaProducer.logFailure(error)
            }
        }
        opened.begin(reader, at: offset)
        return opened
    }
}

/// One partition as it is being read. The reader's failure closure knows it before the reader is there.
private final class KafkaReplyReader: ReplyReader {
    private let partition: TopicPartition
    private let reader = Mutex<KafkaReader?>(nil)

    init(_ partition: TopicPartition) { self.partition = partition }

    func begin(_ reader: KafkaReader, at offset: Int64) {
        self.reader.withLock { $0 = reader }
        reader.start(partition, at: .at(offset))
    }

    func startOver() { reader.withLock { $0 }?.start(partition, at: .beginning) }

    func close() async {
        // Taken out, so that the two don't keep each other alive.
        let reader = reader.withLock { reader in
            defer { reader = nil }
            return reader
        }
        await reader?.close()
    }
}
