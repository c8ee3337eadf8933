import Embedded
import Kafka
import MeshCore
import Outbox
import Postgres
import TestSupport
import Testing

@testable import MeshRouter
@testable import WasmWorker

/// The embedded broker keeps everything in memory: what was accepted must survive its end (I5), and take effect once (I1).
@Suite(.serialized, .timeLimit(.minutes(2))) struct BrokerLossTests {
    @Test func `a broker that comes back empty costs nothing that was accepted, by SQL or by a router`() async throws {
        try await TestMesh.withBroker { mesh, broker in
            try await mesh.withRouter { router in
                try await mesh.withRelay {
                    try await mesh.withWorker { _ in
                        try await mesh.send(0..<400)
                        try await mesh.accept(0..<200, by: router)
                        // By now messages are at every stage: in lanes, in both topics, in memory, done.
                        try await mesh.wait(audited: 100)
                        await broker.kill()
                        // Accepted while there is no broker at all.
                        try await mesh.send(400..<500)
                        try await mesh.accept(200..<300, by: router)
                        try await broker.restart()
                        // And once more while it is being filled again: these weren't there when the first one went.
                        try await mesh.wait(forReset: 1)
                        try await mesh.wait(audited: 620)
                        try await broker.restart()
                        try await mesh.wait(forReset: 2)
                        try await mesh.expectAuditedOnce(800)
                    }
                }
            }
        }
    }
}

extension TestMesh {
    /// Runs a router while `body` does.
    fileprivate func withRouter(_ body: (MeshRouter) async throws -> Void) async throws {
        let pool = try PostgresPool(PostgresConfiguration(url: url), size: 3)
        defer { pool.close() }
        var configuration = RouterConfiguration(name: "router", kafka: kafka)
        configuration.port = 0
        configuration.drain = .seconds(2)
        let router = try MeshRouter(
            configuration,
            stores: RouterStores(
                ingress: PostgresIngressStore(pool), registry: RegistryStore(pool), deadLetters: DeadLetterStore(pool),
                admin: AdminStore(pool), view: MeshView(pool), workflows: WorkflowAdminStore(pool),
                stored: StoredDataStore(pool)))
        let running = Task { try await router.run() }
        do {
            try await eventually("the router is ready: \(router.health.json)", within: .seconds(30)) {
                router.health.isReady
            }
            try await body(router)
            running.cancel()
            try await running.value
        } catch {
            running.cancel()
            _ = await running.result
            throw error
        }
    }

    /// Waits until somebody has noticed that the broker came back empty, for the so-manieth time.
    fileprivate func wait(forReset number: Int) async throws {
        try await eventually("reset \(number)", within: .seconds(30)) {
            try await count("SELECT mesh.setting_value('broker_epoch')::int8") > number
        }
    }

    /// Calls that a router answers for with 202: r0, r1…
    fileprivate func accept(_ range: Range<Int>, by router: MeshRouter) async throws {
        let outcomes = try await router.acceptor.accept(
            range.map { index in
                let key = "k\(index % 10)"
                return IngressMessage(
                    topic: ledger, partition: Partitioner.partition(of: key, count: partitions),
                    message: Message(
                        id: "r\(index)", type: "\(ledger)/append", source: "/test", time: .now, key: key,
                        data: Array("{\"id\":\"\(key)\"}".utf8)))
            })
        #expect(
            outcomes.allSatisfy {
                if case .accepted = $0 { true } else { false }
            })
    }
}
