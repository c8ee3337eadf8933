import MeshCore
import Postgres

extension ParkedMessage {
    /// The columns that `init(_:)` reads, in its order.
    static let columns = """
        id, record_offset, service, method, key, message_id, message_key, type, source, created_at, data, headers, \
        attempts, due, parked_at
        """

    init(_ row: PostgresRow) throws(PostgresError) {
        self.init(
            id: try row.int64(0), offset: try row.int64(1), service: try row.text(2), method: try row.text(3),
            key: try row.text(4),
            message: Message(
                id: try row.text(5), type: try row.text(7), source: try row.text(8), time: try row.timestamp(9),
                key: try row.textIfAny(6), data: try row.bytes(10),
                extensions: HeaderText.extensions(try row.textIfAny(11))),
            attempts: try row.int(12), due: try row.timestampIfAny(13), parkedAt: try row.timestamp(14))
    }
}
