import MeshCore
package import Postgres

/// Brings what `mesh.emit` and `mesh.send` put into the outbox to the log: one relay at a time, under a lease.
///
/// A tick is what one snapshot sees and the last one did not, in the order of commits; the tick is committed with its first sequence
/// before any of it is published. So whoever takes over after a crash publishes the same messages under the same sequences, and consumers drop
/// what they have seen. Two relays at once do no harm for the same reason; the lease only keeps them from doing the work twice.
package final class SQLRelay: Sendable {
    private let configuration: RelayConfiguration
    private let store: any RelayStore
    private let open: @Sendable () async throws -> any ClosableLanePublisher
    private let log = Log("relay")

    /// `open` makes a publisher for each claim of the lane.
    package convenience init(
        _ pool: PostgresPool, _ configuration: RelayConfiguration,
        open: @escaping @Sendable () async throws -> any ClosableLanePublisher
    ) {
        self.init(PostgresRelayStore(pool), configuration, open: open)
    }

    init(
        _ store: any RelayStore, _ configuration: RelayConfiguration,
        open: @escaping @Sendable () async throws -> any ClosableLanePublisher
    ) {
        self.configuration = configuration
        self.store = store
        self.open = open
    }

    /// Relays until the task is cancelled; whatever fails is tried again.
    package func run() async {
        var failures = 0
        let patience = TopicPatience(limit: configuration.topicPatience)
        while !Task.isCancelled {
            do {
                guard let lease = try await store.claim(configuration.owner, configuration.lease) else {
                    // Another relay works; look again well before its lease could have ended and been noticed.
                    try await Task.sleep(for: configuration.lease / 8)
                    continue
                }
                log.info(
                    "relaying the sql lane",
                    ["lease": "\(lease.leaseEpoch)", "acknowledged": "\(lease.lane.acknowledgedSequence)"])
                let session = try await relay(under: lease, patience)
                if session.acknowledged > lease.lane.acknowledgedSequence { failures = 0 }
                if let error = session.failure { throw error }
            } catch is CancellationError {
                break
            } catch let error as TopicMissing {
                // Not the relay's trouble, so it is looked after at an even pace.
                log.warning("the sql lane waits: \(error)")
                try? await Task.sleep(for: .milliseconds(250))
            } catch {
                if Task.isCancelled { break }
                failures = min(failures + 1, 8)
                log.warning("the relay starts over: \(error)")
                try? await Task.sleep(for: .milliseconds(50) * (1 << failures))
            }
        }
    }

    /// Works under one lease until something fails, which the returned session tells; then gives the lease back.
    private func relay(under lease: RouterLane, _ patience: TopicPatience) async throws -> RelaySession {
        let session = RelaySession(configuration, store, lease, try await open(), patience)
        await session.run()
        // In a task of its own: this one may be cancelled, and then nothing would be sent.
        await Task { [store] in try? await store.release(lease, acknowledged: session.acknowledged) }.value
        return session
    }
}
