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
        /// Where a message stands among those of its kind.
        package var place = Place.start
    }

    /// What messages wait as.
    package enum Waiting: CaseIterable, Sendable {
        /// To be tried again, or behind one that is.
        case parked
        /// In the outbox, without the service having consumed them.
        case unconsumed
        /// To be sent later, the next ones first.
        case delayed
    }

    /// A place in the order of messages of one kind.
    package struct Place: Sendable, Equatable {
        var lane: Int64
        var number: Int64

        /// Before all of them.
        package static let start = Place(lane: .min, number: .min)
    }

    /// A page of a service's states behind a key. An item may have a mebibyte, so pages are to be small.
    package func states(of service: String, after key: String, limit: Int) async throws(StoreError) -> [Item] {
        try read(try await database.query(StoredDataStore.states, .text(service), .text(key), .integer(limit)))
    }

    /// The keys of so many of a service's states, without a pattern.
    package func someKeys(of service: String, limit: Int) async throws(StoreError) -> [String] {
        try await database.query(StoredDataStore.someKeys, .text(service), .integer(limit))
            .readRows { row throws(PostgresError) in try row.text(0) }
    }

    /// The states of these keys, as far as there are any.
    package func states(of service: String, keys: [String]) async throws(StoreError) -> [Item] {
        try read(try await database.query(StoredDataStore.statesOfKeys, .text(service), .texts(keys)))
    }

    private func read(_ states: PostgresResult) throws(StoreError) -> [Item] {
        try states.readRows { row throws(PostgresError) in
            Item(id: try row.text(0), type: "", data: try row.bytes(1))
        }
    }

    /// A page of the messages that wait for a service, behind a place.
    package func messages(
        _ waiting: Waiting, for service: String, after place: Place = .start, limit: Int
    ) async throws(StoreError) -> [Item] {
        let statement =
            switch waiting {
            case .parked: StoredDataStore.parked
            case .unconsumed: StoredDataStore.unconsumed
            case .delayed: StoredDataStore.delayed
            }
        let rows = try await database.query(
            statement, .text(service), .int64(place.lane), .int64(place.number), .integer(limit))
        return try rows.readRows { row throws(PostgresError) in
            Item(
                id: try row.text(0), type: try row.text(1), data: try row.bytes(2),
                place: Place(lane: try row.int64(3), number: try row.int64(4)))
        }
    }

    private static let states = Statement(
        "page of states",
        "SELECT key, data FROM mesh.state WHERE service = $1::text AND key > $2::text ORDER BY key LIMIT $3::int8")
    private static let someKeys = Statement(
        "some keys",
        "SELECT key FROM mesh.state WHERE service = $1::text ORDER BY md5(key), key LIMIT $2::int8")
    private static let statesOfKeys = Statement(
        "states of keys", "SELECT key, data FROM mesh.state WHERE service = $1::text AND key = ANY ($2::text[])")
    private static let parked = Statement(
        "parked messages",
        """
        SELECT message_id, type, data, 0::int8, id FROM mesh.parked
        WHERE consumer_group = $1::text AND $2::int8 <= 0 AND id > $3::int8 ORDER BY id LIMIT $4::int8
        """)
    private static let delayed = Statement(
        "delayed messages",
        """
        SELECT id, type, data, (extract(epoch FROM due) * 1000000)::int8, number FROM mesh.delayed_send
        WHERE topic = $1::text AND (due, number) > ('epoch'::timestamptz + greatest($2::int8, 0) * interval '1 microsecond', $3::int8)
        ORDER BY due, number LIMIT $4::int8
        """)
    /// A group consumes a lane in order: what is above its watermark waits, or is on its way.
    private static let unconsumed = Statement(
        "unconsumed messages",
        """
        SELECT o.id, o.type, o.data, o.lane, o.seq FROM mesh.outbox o
        JOIN mesh.route r ON r.service = $1::text AND r.topic = o.topic AND r.kind IN ('method', 'handler')
            AND (r.kind = 'handler' OR r.name = o.type)
        LEFT JOIN mesh.watermark w ON w.consumer_group = $1 AND w.topic = o.topic AND w.partition = o.partition AND w.lane = o.lane
        WHERE (o.lane, o.seq) > ($2::int8, $3::int8) AND (w.seq IS NULL OR o.seq > w.seq)
        ORDER BY o.lane, o.seq LIMIT $4::int8
        """)
}
