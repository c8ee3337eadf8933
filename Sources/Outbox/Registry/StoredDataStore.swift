import MeshCore
package import Postgres

/// What is stored and under way, as a deploy checks it against a new schema.
package struct StoredDataStore: Sendable {
    private let database: Database

    package init(_ pool: PostgresPool) { database = Database(pool) }

    /// A state, or a message that a service hasn't consumed.
    package struct Item: Sendable, Equatable {
        /// The key of a state, the id of a message.
        package var id: String
        /// The type of a message (`shop.Orders/place`, `order.placed`), empty for a state.
        package var type: String
        package var data: [UInt8]
    }

    /// A page of a service's states behind a key; or, with `sample`, that many without a pattern.
    package func states(
        of service: String, after key: String, limit: Int, sample: Bool = false
    ) async throws(StoreError) -> [Item] {
        let rows =
            sample
            ? try await database.query(StoredDataStore.someStates, .text(service), .integer(limit))
            : try await database.query(StoredDataStore.states, .text(service), .text(key), .integer(limit))
        return try rows.readRows { row throws(PostgresError) in
            Item(id: try row.text(0), type: "", data: try row.bytes(1))
        }
    }

    /// Messages that wait for a service: parked ones, and those of the outbox that it hasn't consumed; at most `limit` of each.
    package func messages(for service: String, limit: Int) async throws(StoreError) -> [Item] {
        var pipeline = Pipeline()
        pipeline.add(StoredDataStore.parked, .text(service), .integer(limit))
        pipeline.add(StoredDataStore.unconsumed, .text(service), .integer(limit))
        var items: [String: Item] = [:]
        for rows in try await database.submit(pipeline) {
            try rows.readRows { row throws(PostgresError) in
                let item = Item(id: try row.text(0), type: try row.text(1), data: try row.bytes(2))
                items[item.id] = item
            }
        }
        return items.values.sorted { $0.id < $1.id }
    }

    private static let states = Statement(
        "page of states",
        "SELECT key, data FROM mesh.state WHERE service = $1::text AND key > $2::text ORDER BY key LIMIT $3::int8")
    private static let someStates = Statement(
        "some states",
        "SELECT key, data FROM mesh.state WHERE service = $1::text ORDER BY md5(key), key LIMIT $2::int8")
    private static let parked = Statement(
        "parked messages",
        "SELECT message_id, type, data FROM mesh.parked WHERE consumer_group = $1::text ORDER BY id LIMIT $2::int8")
    /// A group consumes a lane in order: what is above its watermark waits, or is on its way.
    private static let unconsumed = Statement(
        "unconsumed messages",
        """
        SELECT o.id, o.type, o.data FROM mesh.outbox o
        JOIN mesh.route r ON r.service = $1::text AND r.topic = o.topic AND r.kind IN ('method', 'handler')
            AND (r.kind = 'handler' OR r.name = o.type)
        LEFT JOIN mesh.watermark w ON w.consumer_group = $1 AND w.topic = o.topic AND w.partition = o.partition AND w.lane = o.lane
        WHERE w.seq IS NULL OR o.seq > w.seq LIMIT $2::int8
        """)
}
