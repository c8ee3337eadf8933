import Embedded
import Glibc
import HTTPServer
import Kafka
import MeshCore
import Outbox
import TestSupport
import Testing

@testable import WasmWorker

/// Processes that are started before the servers that they need: they wait, say for what, and go on by themselves.
@Suite(.serialized, .timeLimit(.minutes(2))) struct StartTests {
    @Test func `a router, a relay and a worker that start without Postgres say so, and work once it is there`()
        async throws
    {
        try await TestMesh.withOwnServers { mesh, _, postgres in
            await postgres.kill()
            try await mesh.withProcesses { processes in
                for process in processes.all { try await process.says("waiting for Postgres at 127.0.0.1:") }
                try await postgres.restart()
                try await mesh.expectWork(processes)
            }
        }
    }

    @Test func `a router, a relay and a worker whose sessions are ended again and again while they start go on`()
        async throws
    {
        try await TestMesh.withOwnServers { mesh, _, _ in
            try await mesh.withProcesses { processes in
                let cut = """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid()
                    """
                for _ in 0..<40 { try await Psql.run(mesh.url, cut) }
                try await mesh.expectWork(processes)
            }
        }
    }

    @Test func `a router, a relay and a worker that start without Kafka say so, and work once it is there`()
        async throws
    {
        try await TestMesh.withOwnServers { mesh, broker, _ in
            await broker.kill()
            try await mesh.withProcesses { processes in
                for process in processes.all { try await process.says(mesh.kafka.bootstrapServers) }
                let router = try await processes.address()
                let ready = try await HTTPClient().request("GET", "\(router)/readyz")
                #expect(ready.status == 503)
                #expect(String(decoding: ready.body, as: UTF8.self).contains("kafka"))
                try await broker.restart()
                try await mesh.expectWork(processes)
            }
        }
    }
}

/// One process of each kind.
private struct MeshProcesses {
    let router: MeshChild
    let relay: MeshChild
    let worker: MeshChild

    var all: [MeshChild] { [router, relay, worker] }

    /// Where the router listens.
    func address() async throws -> String {
        try await eventually("the router listens:\n\(router.text)", within: .seconds(30)) {
            router.text.firstMatch(of: /http:\/\/127\.0\.0\.1:\d+/).map { String($0.output) }
        }
    }
}

extension TestMesh {
    fileprivate func withProcesses(_ body: (MeshProcesses) async throws -> Void) async throws {
        func start(_ words: String...) throws -> MeshChild {
            try MeshChild(
                words + ["--log-format", "text"], name: words[0], kafka: kafka, postgres: url,
                environment: ["WASMESH_TOKEN": "an-administrator-of-the-tests"])
        }
        let processes = MeshProcesses(
            router: try start("router", "--port", "0"), relay: try start("relay"), worker: try start("worker"))
        defer { for process in processes.all { process.kill() } }
        try await body(processes)
    }

    /// Expects that calls by HTTP and by SQL take effect, with the processes that were started.
    fileprivate func expectWork(_ processes: MeshProcesses) async throws {
        let router = try await processes.address()
        try await eventually("the router is ready:\n\(processes.router.text)", within: .seconds(30)) {
            try await HTTPClient().request("GET", "\(router)/readyz").status == 200
        }
        var headers = HTTPHeaders()
        headers.add("Content-Type", "application/json")
        let answer = try await HTTPClient().request(
            "POST", "\(router)/\(ledger)/append", headers: headers, body: Array(#"{"id":"k0"}"#.utf8))
        #expect(answer.status == 200, "\(String(decoding: answer.body, as: UTF8.self))")
        try await send(0..<1)
        try await wait(audited: 2, within: .seconds(30))
        for process in processes.all { #expect(process.isRunning, "\(process.text)") }
    }
}
