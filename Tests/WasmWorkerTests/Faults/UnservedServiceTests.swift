import MeshCore
import Outbox
import Postgres
import Schemas
import TestSupport
import Testing
import Wasm

@testable import WasmWorker

/// A service that this worker doesn't run any more: what was accepted for it waits (I5), and takes effect once (I1).
@Suite(.serialized, .timeLimit(.minutes(2))) struct UnservedServiceTests {
    @Test func `messages of services that move to another pool wait for a worker of that pool`() async throws {
        try await TestMesh.with { mesh in
            try mesh.call(0..<8000)
            try await mesh.withWorker("here") { _ in
                try await mesh.wait(audited: 50)
                try await mesh.deploy(pool: "elsewhere")
                try mesh.call(8000..<8200)
                try await mesh.settles()
                #expect(try await mesh.audited() < 8000)
            }
            try await mesh.withWorker("there", pool: "elsewhere") { _ in try await mesh.expectAudited(8200) }
        }
    }

    @Test func `messages of services that are taken out of force wait until they are deployed again`() async throws {
        try await TestMesh.with { mesh in
            try mesh.call(0..<8000)
            try await mesh.withWorker { _ in
                try await mesh.wait(audited: 50)
                let registry = RegistryStore(mesh.database)
                for service in [mesh.ledger, mesh.audit] { #expect(try await registry.undeploy(service, by: "test")) }
                try mesh.call(8000..<8200)
                try await mesh.settles()
                #expect(try await registry.unfinishedWork(of: mesh.ledger) == nil)
                #expect(try await mesh.audited() < 8000)
                try await mesh.deploy()
                try await mesh.expectAudited(8200)
            }
        }
    }

    @Test func `events that a service stops to handle don't become dead letters, and wait for it to handle them again`()
        async throws
    {
        try await TestMesh.with { mesh in
            try mesh.call(0..<8000)
            try await mesh.withWorker { _ in
                try await mesh.wait(audited: 50)
                let deaf = TestMesh.schemaText.replacing(
                    "@handles(event: \"t.written\", key: \"id\") onWritten(event: Written!): Void",
                    with: "note(id: ID!): Void")
                try await mesh.deploy(deaf)
                try await eventually("all are written", within: .seconds(60)) {
                    try await mesh.effects(in: mesh.ledger) == 8000
                }
                #expect(try await mesh.audited() < 8000)
                #expect(try await mesh.count("SELECT count(*) FROM mesh.dead_letter") == 0)
                try await mesh.deploy()
                try await mesh.expectAudited(8000)
            }
        }
    }
}

extension TestMesh {
    /// Waits until nothing takes effect any more.
    fileprivate func settles() async throws {
        var before = -1
        try await eventually("it stands still", within: .seconds(20)) {
            // That nothing happens is told by time alone; batches follow each other within milliseconds.
            try await Task.sleep(for: .milliseconds(700))
            let now = try await audited()
            defer { before = now }
            return now == before
        }
    }
}
