import Kafka
import MeshCore
import Outbox
import Postgres
import Publishing

/// A relay with everything it needs around it; it also is the janitor of the tables.
struct RelayProcess: Sendable {
    let mesh: MeshSettings

    /// Works until cancelled.
    func run() async throws {
        let pool = try PostgresPool(MeshParts.database(mesh.postgres), size: 4)
        defer { pool.close() }
        try await MeshParts.checkServer(pool)
        let book = try await MeshParts.settledTopics(pool, for: "relay")
        let kafka = MeshParts.kafka(mesh, book)
        // What its client can't use (a certificate that isn't there) is told now, and not when this relay has to take over.
        await (try KafkaAdmin(kafka)).close()
        let name = MeshParts.processName("relay")
        let heart = Heartbeat(
            pool,
            MeshProcess(id: name, kind: .relay, host: MeshParts.hostName, pid: MeshParts.processID))
        try await heart.begin()
        let relay = SQLRelay(pool, RelayConfiguration(owner: name)) { try KafkaLanePublisher(kafka) }
        let result: Result<Void, any Error>
        do {
            try await heart.beat {
                async let janitor: Void = Janitor(pool).run()
                await relay.run()
                await janitor
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await heart.end()
        try result.get()
    }
}
