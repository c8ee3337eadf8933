import Embedded
import Synchronization

/// The embedded Postgres and broker of a development mesh.
final class DevelopmentServers: Sendable {
    private struct Running {
        var postgres: EmbeddedPostgres?
        var broker: EmbeddedBroker?
    }

    private let running = Mutex(Running())

    /// Starts both at the same time, and stops what did start if one of them doesn't.
    func start(
        in folder: DevelopmentFolder, postgresPort: Int, kafkaPort: Int
    ) async throws -> (postgres: EmbeddedPostgres, broker: EmbeddedBroker) {
        async let postgres = EmbeddedPostgres.start(
            directory: folder.postgres, port: UInt16(clamping: postgresPort))
        async let broker = EmbeddedBroker.start(directory: folder.broker, port: UInt16(clamping: kafkaPort))
        do {
            let started = try await postgres
            running.withLock { $0.postgres = started }
            let startedBroker = try await broker
            running.withLock { $0.broker = startedBroker }
            return (started, startedBroker)
        } catch {
            await stop()
            throw error
        }
    }

    /// Stops both in good order.
    func stop() async {
        let (postgres, broker) = running.withLock { ($0.postgres, $0.broker) }
        async let brokerStopped: Void? = broker?.stop()
        await postgres?.stop()
        _ = await brokerStopped
    }

    /// Ends both without waiting.
    func killNow() {
        running.withLock {
            $0.postgres?.killNow()
            $0.broker?.killNow()
        }
    }
}
