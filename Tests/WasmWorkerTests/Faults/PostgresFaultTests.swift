import Embedded
import Kafka
import MeshCore
import TestSupport
import Testing

@testable import WasmWorker

/// Postgres that cuts connections in mid-commit, crashes, refuses rows, or is written to by others.
@Suite(.serialized, .timeLimit(.minutes(2))) struct PostgresFaultTests {
    @Test func `connections cut at any moment lose nothing and double nothing`() async throws {
        try await TestMesh.with { mesh in
            try await mesh.withWorker { _ in
                for round in 0..<10 {
                    try mesh.call(round * 60..<(round + 1) * 60)
                    // At another point of each round's work.
                    try await mesh.wait(audited: round * 60 + round * 5 + 1)
                    try await Psql.run(
                        mesh.url,
                        """
                        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                        WHERE datname = current_database() AND pid <> pg_backend_pid()
                        """)
                }
                try await mesh.expectAudited(600)
            }
            try await mesh.expectPublishedOnce(600)
        }
    }

    @Test func `Postgres that crashes and comes back finds a worker that goes on`() async throws {
        try await TestMesh.withOwnServers { mesh, _, postgres in
            try await mesh.withWorker { _ in
                try mesh.call(0..<400)
                try await mesh.wait(audited: 50)
                await postgres.kill()
                try mesh.call(400..<500)
                try await postgres.restart()
                try await mesh.expectAudited(500)
            }
            try await mesh.expectPublishedOnce(500)
        }
    }

    @Test func `what Postgres refuses becomes a dead letter, and the others of its batch commit`() async throws {
        try await TestMesh.with { mesh in
            try await Psql.run(mesh.url, "ALTER TABLE mesh.state ADD CONSTRAINT poisoned CHECK (key <> 'poison')")
            for index in 0..<100 {
                try mesh.call("m\(index)", key: "k\(index % 10)")
                if index % 20 == 0 { try mesh.call("bad\(index)", key: "poison") }
            }
            try await mesh.withWorker { _ in
                try await eventually("dead letters", within: .seconds(30)) {
                    try await mesh.count("SELECT count(*) FROM mesh.dead_letter WHERE message_id LIKE 'bad%'") == 5
                }
                try await mesh.expectAudited(100, deadLetters: 5)
            }
        }
    }

    @Test func `states changed behind the worker's back are read again, and no update is lost`() async throws {
        try await TestMesh.with { mesh in
            try await mesh.withWorker { worker in
                for round in 0..<10 {
                    try mesh.call(round * 30..<(round + 1) * 30)
                    try await mesh.wait(audited: round * 30 + 5)
                    try await Psql.run(mesh.url, "UPDATE mesh.state SET version = version + 1")
                }
                try await mesh.expectAudited(300)
                #expect(worker.statistics.conflicts > 0)
            }
        }
    }
}
