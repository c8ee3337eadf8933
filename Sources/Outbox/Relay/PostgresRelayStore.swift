import MeshCore
import Postgres
import Synchronization

/// What the relay reads and writes; the work is in the functions of `0011_relay.sql` and `0006_janitor.sql`.
final class PostgresRelayStore: RelayStore {
    private struct Topics {
        var isDurable = true
        var counts: [String: Int32] = [:]
        var standard: Int32 = 16
        var readAt: ContinuousClock.Instant?
    }

    private let database: Database
    private let ingress: PostgresIngressStore
    private let topics = Mutex(Topics())

    init(_ pool: PostgresPool) {
        database = Database(pool)
        ingress = PostgresIngressStore(pool)
    }

    func claim(_ owner: String, _ lease: Duration) async throws(StoreError) -> RouterLane? {
        let rows = try await database.query(RelayStatement.claim, .text(owner), .float64(lease.seconds))
        return try rows.firstRow { row throws(PostgresError) in
            RouterLane(
                lane: LaneClaim(
                    id: try row.int64(0), epoch: try row.int64(1), nextSequence: try row.int64(2),
                    acknowledgedSequence: try row.int64(3)),
                leaseEpoch: try row.int64(4), owner: owner)
        }
    }

    func renew(_ lane: RouterLane, acknowledged: Int64, _ lease: Duration) async throws(StoreError) {
        try await ingress.renewLane(lane, acknowledged: acknowledged, lease: lease)
    }

    func release(_ lane: RouterLane, acknowledged: Int64) async throws(StoreError) {
        try await ingress.releaseLane(lane, acknowledged: acknowledged)
    }

    func unpublished(_ lane: Int64, above sequence: Int64, limit: Int) async throws(StoreError) -> [OutboxRow] {
        try await ingress.unpublished(lane: lane, above: sequence, limit: limit)
    }

    func recovery() async throws(StoreError) -> [RecoveredTick] {
        try await database.query(RelayStatement.recovery).readRows { row throws(PostgresError) in
            RecoveredTick(
                number: try row.int64(0), upTo: try row.text(1), firstSequence: try row.int64(2),
                doneSequence: try row.int64(3))
        }
    }

    /// Makes the next tick and reads its first page, in one round trip; nil when there is nothing to deliver.
    func tick(_ cursor: inout RelayCursor, _ lease: RouterLane, done: Int64, page: Int) async throws(StoreError)
        -> RelayPage?
    {
        var pipeline = Pipeline()
        pipeline.add(
            RelayStatement.tick, .int64(lease.lane.id), .int64(lease.leaseEpoch), .int64(cursor.tick + 1),
            .text(cursor.seen), .int64(cursor.nextSequence), .int64(done))
        pipeline.add(
            RelayStatement.page, .int64(cursor.tick + 1), .int64(0), .int64(0), .integer(page),
            .integer(OutboxRow.pageBytes))
        let results = try await database.submit(pipeline)
        let made = try results[0].firstRow { row throws(PostgresError) in
            cursor.seen = try row.text(1)
            return try row.bool(0)
        }
        guard made == true else { return nil }
        cursor.tick += 1
        return try PostgresRelayStore.page(results[1], after: RelayPlace(), limit: page)
    }

    func page(_ tick: Int64, after place: RelayPlace, limit: Int) async throws(StoreError) -> RelayPage {
        let rows = try await database.query(
            RelayStatement.page, .int64(tick), .int64(place.transaction), .int64(place.id), .integer(limit),
            .integer(OutboxRow.pageBytes))
        return try PostgresRelayStore.page(rows, after: place, limit: limit)
    }

    private static func page(_ rows: PostgresResult, after place: RelayPlace, limit: Int) throws(StoreError)
        -> RelayPage
    {
        var end = place
        let messages = try rows.readRows { row throws(PostgresError) in
            end = RelayPlace(transaction: try row.int64(0), id: try row.int64(1))
            return RelayedMessage(
                topic: try row.text(3),
                message: Message(
                    id: try row.text(5), type: try row.text(6), source: try row.text(7), time: try row.timestamp(2),
                    key: try row.textIfAny(4), data: try row.bytes(8),
                    extensions: HeaderText.extensions(try row.textIfAny(9))))
        }
        let bytes = messages.reduce(0) { $0 + $1.message.data.count }
        return RelayPage(
            messages: messages, end: end, isLast: messages.count < limit && bytes < OutboxRow.pageBytes)
    }

    func sendDue(_ lease: RouterLane, from start: Timestamp?, most: Int) async throws(StoreError) -> DueSends {
        var pipeline = Pipeline()
        // While it waits for somebody, it keeps the lane's row.
        pipeline.add(PartitionStatement.boundLockWaits, .text("200ms"))
        pipeline.add(
            DelayedSendStatement.sendDue, .int64(lease.lane.id), .int64(lease.leaseEpoch),
            .timestamp(orNull: start), .integer(most), .integer(OutboxRow.pageBytes))
        return try await database.submit(pipeline)[1].firstRow { row throws(PostgresError) in
            DueSends(
                sent: try row.int(0), lastDue: try row.timestampIfAny(1),
                nextIn: try row.float64IfAny(2).map { .seconds($0) })
        } ?? DueSends(sent: 0)
    }

    /// Copies rows into the outbox, for a broker that may come back empty.
    func copy(_ rows: [OutboxRow], _ lease: RouterLane) async throws(StoreError) {
        var pipeline = Pipeline()
        pipeline.add(IngressStatement.checkLease, .int64(lease.lane.id), .int64(lease.leaseEpoch))
        pipeline.add(.insertOutbox, [.int64s(rows.map { _ in lease.lane.id })] + rows.arrays)
        try await database.submit(pipeline)
    }

    /// Makes dead letters of rows that the log won't take.
    func bury(_ refusals: [LaneRefusal], _ lease: RouterLane) async throws(StoreError) {
        try await ingress.bury(refusals, lane: lease)
    }
}

extension PostgresRelayStore {
    /// False where the broker keeps its data in memory only; looked up once a second.
    func isBrokerDurable() async throws(StoreError) -> Bool {
        try await refresh(unless: { topics in topics.readAt.map { ContinuousClock.now - $0 < .seconds(1) } ?? false })
        return topics.withLock { $0.isDurable }
    }

    /// The partition counts of the messages' topics; one that isn't on record yet will get the mesh's standard count.
    func partitionCounts(of messages: [RelayedMessage]) async throws(StoreError) -> [String: Int32] {
        let names = Set(messages.map(\.topic))
        try await refresh(unless: { topics in names.allSatisfy { topics.counts[$0] != nil } })
        return topics.withLock { topics in
            var counts: [String: Int32] = [:]
            for name in names { counts[name] = topics.counts[name] ?? topics.standard }
            return counts
        }
    }

    private func refresh(unless isFresh: @Sendable (borrowing Topics) -> Bool) async throws(StoreError) {
        if topics.withLock({ isFresh($0) }) { return }
        let book = try await RegistryStore(database.pool).topicBook()
        topics.withLock { topics in
            topics = Topics(
                isDurable: book.isBrokerDurable,
                counts: Dictionary(
                    book.topics.map { ($0.name, $0.partitions) }, uniquingKeysWith: { first, _ in first }),
                standard: book.partitions, readAt: ContinuousClock.now)
        }
    }
}

/// The relay's statements.
private enum RelayStatement {
    static let claim = Statement(
        "claim relay",
        "SELECT id, epoch, next_seq, acked_seq, lease_epoch FROM mesh.claim_relay($1::text, $2::float8)")
    static let recovery = Statement(
        "relay recovery", "SELECT tick, upto, first_seq, done_seq FROM mesh.relay_recovery()")
    static let tick = Statement(
        "relay tick",
        "SELECT made, upto FROM mesh.relay_tick($1::int8, $2::int8, $3::int8, $4::text, $5::int8, $6::int8)")
    static let page = Statement(
        "relay page",
        """
        SELECT place, id, created_at, topic, key, message_id, type, source, data, headers
        FROM (SELECT p.*, sum(octet_length(p.data)) OVER (
                ORDER BY p.place, p.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
            FROM mesh.relay_page($1::int8, $2::int8, $3::int8, $4::int8::int4) p) p
        WHERE coalesce(before, 0) < $5::int8
        ORDER BY place, id
        """)
}
