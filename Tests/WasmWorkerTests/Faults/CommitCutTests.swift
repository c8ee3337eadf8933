import Kafka
import MeshCore
import Outbox
import TestSupport
import Testing

@testable import WasmWorker

/// Connections to Postgres that end exactly where a transaction commits: the worker can't know on which side.
@Suite(.serialized, .timeLimit(.minutes(2))) struct CommitCutTests {
    @Test func `commits that are cut off, before they take effect or before their answer, lose and double nothing`()
        async throws
    {
        try await TestMesh.withCommitsCut(["advance"], 5) { mesh, cutter in
            var total = 0
            try await mesh.withWorker { worker in
                // Round by round, since a worker that is behind puts all of it into a few commits.
                while cutter.remaining > 0 {
                    try mesh.call(total..<total + 20)
                    total += 20
                    try await mesh.wait(audited: total)
                }
                try mesh.call(total..<total + 20)
                total += 20
                try await mesh.expectAudited(total)
                // Nobody can know what became of such a commit but by asking, which a claim does.
                #expect(worker.statistics.reclaims >= cutter.done.count)
            }
            try await mesh.expectPublishedOnce(total)
        }
    }

    /// As a process that is frozen between two pieces of a commit: Postgres waits for the rest, and the partition's row is held.
    @Test func `connections that fall silent in the middle of a commit hold nothing up`() async throws {
        try await TestMesh.with { mesh in
            let plan = Array(repeating: (pass: 2, cut: CommitCutter.Cut.silence), count: 2)
            let cutter = try CommitCutter(before: mesh.url, statements: ["advance"], plan: plan)
            defer { cutter.stop() }
            let silent = try MeshChild.worker("silent", kafka: mesh.kafka, postgres: cutter.url(mesh.url))
            defer { silent.kill() }
            try await silent.owns(mesh)
            var total = 0
            while cutter.remaining > 0 {
                try mesh.call(total..<total + 20)
                total += 20
                try await mesh.wait(audited: total)
            }
            try mesh.call(total..<total + 20)
            try await mesh.expectAudited(total + 20)
            #expect(cutter.done == [.silence, .silence])
            #expect(silent.text.contains("stood still within a transaction"), "\(silent.text)")
            try await mesh.expectPublishedOnce(total + 20)
        }
    }

    @Test func `a relay's commits that are cut off lose and double nothing that SQL sent`() async throws {
        try await TestMesh.withCommitsCut(["relay tick"], 3) { mesh, cutter in
            var total = 0
            try await mesh.withRelay {
                try await mesh.withWorker { _ in
                    while cutter.remaining > 0 {
                        try await mesh.send(total..<total + 20)
                        total += 20
                        try await mesh.wait(audited: total)
                    }
                    try await mesh.expectAuditedOnce(total)
                }
            }
            try await mesh.expectPublishedOnce(total)
        }
    }
}

extension TestMesh {
    /// Lends a mesh whose connections to Postgres end at some of the commits of pipelines with one of these statements: so
    /// many times before it takes effect, and as many times after.
    fileprivate static func withCommitsCut(
        _ statements: Set<String>, _ count: Int, _ body: (TestMesh, CommitCutter) async throws -> Void
    ) async throws {
        var seed = Seed()
        let cuts = CommitCutter.Cut.ends.flatMap { Array(repeating: $0, count: count) }.shuffled(using: &seed)
        let plan = cuts.map { (pass: seed.integer(in: 0...4), cut: $0) }
        try await withOwnBroker { _, kafka in
            try await withDatabase { url in
                let cutter = try CommitCutter(before: url, statements: statements, plan: plan)
                defer { cutter.stop() }
                try await lend(kafka, url: cutter.url(url), partitions: 4) { try await body($0, cutter) }
                #expect(cutter.remaining == 0)
                #expect(cutter.done.filter { $0 == .beforeAnswer }.count == count)
                #expect(cutter.done.filter { $0 == .beforeCommit }.count == count)
            }
        }
    }
}
