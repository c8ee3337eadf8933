import MeshCore
import Outbox
import Postgres
import Synchronization

/// A log in memory that keeps what publishers bring and can misbehave on command.
final class RecordingLog: Sendable {
    struct Entry: Sendable, Equatable {
        var row: OutboxRow
        var lane: Int64
        var epoch: Int64
    }

    private struct State {
        var entries: [Entry] = []
        var missingTopics: Set<String> = []
        var tooLarge: Int?
        var isStuck = false
        var isSilent = false
        /// Publishers fail after so many more rows.
        var rowsUntilFailure: Int?
        var opens = 0
    }

    private let state = Mutex(State())

    var entries: [Entry] { state.withLock { $0.entries } }
    /// What a consumer keeps: of each sequence its first occurrence.
    var deduplicated: [Entry] {
        var last: Int64 = 0
        return entries.filter { entry in
            guard entry.row.sequence > last else { return false }
            last = entry.row.sequence
            return true
        }
    }
    var ids: [String] { deduplicated.map(\.row.message.id) }

    func missing(_ topics: Set<String>) { state.withLock { $0.missingTopics = topics } }
    func refuse(largerThan bytes: Int?) { state.withLock { $0.tooLarge = bytes } }
    func stick(_ isStuck: Bool) { state.withLock { $0.isStuck = isStuck } }
    /// Takes what comes, and acknowledges nothing.
    func silence(_ isSilent: Bool) { state.withLock { $0.isSilent = isSilent } }
    func fail(after rows: Int?) { state.withLock { $0.rowsUntilFailure = rows } }

    func open() -> Publisher {
        state.withLock { $0.opens += 1 }
        return Publisher(log: self)
    }
    /// How often a relay has begun.
    var opens: Int { state.withLock { $0.opens } }

    final class Publisher: ClosableLanePublisher {
        let log: RecordingLog
        private let isClosed = Atomic<Bool>(false)

        init(log: RecordingLog) { self.log = log }

        func publish(_ rows: [OutboxRow], lane: Int64, epoch: Int64) async throws -> any LanePublication {
            while log.state.withLock({ $0.isStuck }) {
                if isClosed.load(ordering: .relaxed) { throw Closed() }
                await Task.yield()
            }
            var refusals: [LaneRefusal] = []
            try log.state.withLock { state in
                for row in rows {
                    if isClosed.load(ordering: .relaxed) { throw Closed() }
                    if let left = state.rowsUntilFailure {
                        if left == 0 {
                            state.rowsUntilFailure = nil
                            throw Closed()
                        }
                        state.rowsUntilFailure = left - 1
                    }
                    if state.missingTopics.contains(row.topic) {
                        refusals.append(LaneRefusal(row: row, reason: "unknown topic", isTopicMissing: true))
                    } else if let limit = state.tooLarge, row.message.data.count > limit {
                        refusals.append(LaneRefusal(row: row, reason: "too large", isTopicMissing: false))
                    } else {
                        state.entries.append(Entry(row: row, lane: lane, epoch: epoch))
                    }
                }
            }
            return Publication(refusals: refusals, publisher: self)
        }

        fileprivate func acknowledged() async throws {
            while log.state.withLock({ $0.isSilent }) {
                if isClosed.load(ordering: .relaxed) { throw Closed() }
                // Looked at now and then: the log is told to speak, or the publisher closed, from elsewhere.
                try await Task.sleep(for: .milliseconds(1))
            }
        }

        func close(flushing limit: Duration) async { isClosed.store(true, ordering: .relaxed) }
    }

    struct Publication: LanePublication {
        var refusals: [LaneRefusal]
        let publisher: Publisher
        func acknowledged() async throws { try await publisher.acknowledged() }
    }

    struct Closed: Error {}
}

/// Runs a relay while `body` works.
func withRelay<Result: Sendable>(
    _ pool: PostgresPool, _ log: RecordingLog, owner: String = "relay",
    adjust: (inout RelayConfiguration) -> Void = { _ in },
    _ body: () async throws -> Result
) async throws -> Result {
    var configuration = RelayConfiguration(owner: owner)
    configuration.lease = .seconds(2)
    adjust(&configuration)
    let relay = SQLRelay(pool, configuration) { log.open() }
    let task = Task { await relay.run() }
    do {
        let result = try await body()
        task.cancel()
        await task.value
        return result
    } catch {
        task.cancel()
        await task.value
        throw error
    }
}

/// Deploys the routes that the tests of the SQL lane use.
let shopRoutes = """
    INSERT INTO mesh.artifact (digest, wasm, schema) VALUES ('d', 'x', '');
    INSERT INTO mesh.deployment (digest, namespace, version, services, pool, deployed_by) VALUES ('d', 'shop', '1.0.0', '{shop.Orders}', 'default', 'test');
    INSERT INTO mesh.service (name, digest, deployment, pool) VALUES ('shop.Orders', 'd', 1, 'default');
    INSERT INTO mesh.route (kind, name, service, method, topic, key_path, exposed) VALUES
        ('method', 'shop.Orders/place', 'shop.Orders', 'place', 'shop.Orders', '{order,customer}', true),
        ('method', 'shop.Orders/nightly', 'shop.Orders', 'nightly', 'shop.Orders', NULL, false),
        ('emitter', 'order.placed', 'shop.Orders', 'orderPlaced', 'order.placed', '{id}', false),
        ('handler', 'payment.captured', 'shop.Orders', 'onPaymentCaptured', 'payment.captured', NULL, false);
    INSERT INTO mesh.topic (name, kind, partitions) VALUES ('order.placed', 'event', 4), ('payment.captured', 'event', 4), ('shop.Orders', 'calls', 4);
    """
