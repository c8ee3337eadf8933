package import Kafka
import MeshCore
package import Outbox

extension OutgoingRecord {
    /// The record of an outbox row, as the wire has it (DESIGN §5).
    package init(_ row: OutboxRow, lane: Int64, epoch: Int64) {
        let stamp = LaneStamp(lane: lane, epoch: epoch, sequence: row.sequence)
        var headers = OutgoingHeaders()
        headers.reserve(400)
        MessageCodec.forEachField(of: row.message, stamp: stamp) { headers.append($0, $1) }
        if let others = row.message.extensions.others {
            for other in others { headers.append(other.name, other.value) }
        }
        self.init(
            topic: row.topic, partition: row.partition, key: row.message.key.map { Array($0.utf8) },
            value: row.message.data, headers: headers)
    }
}
