import Kafka
import MeshCore
import Outbox
import TestSupport
import Testing

@testable import WasmWorker

/// Owners that have lost their partitions and don't know it yet (I4).
@Suite(.serialized, .timeLimit(.minutes(2))) struct ZombieTests {
    @Test func `a worker that was frozen beyond its session commits nothing when it wakes up`() async throws {
        try await TestMesh.with { mesh in
            let zombie = try MeshChild.worker(mesh, "zombie")
            defer { zombie.kill() }
            try await zombie.owns(mesh)
            try mesh.call(0..<3000)
            try await eventually("it is in the middle of it", within: .seconds(30)) { try await mesh.audited() >= 30 }
            zombie.freeze()
            #expect(try await mesh.effects(in: mesh.ledger) < 3000, "it was done before it could be frozen")
            // A process of its own, as the zombie may have been frozen with a transaction open: processes see to it that nobody waits for that.
            let heir = try MeshChild.worker(mesh, "heir")
            defer { heir.kill() }
            try await mesh.expectAudited(3000)
            zombie.thaw()
            // It has heard that it is fenced, or lost, once it claims anew or has nothing any more.
            try mesh.call(3000..<3200)
            try await mesh.expectAudited(3200)
            try await eventually("the zombie works again:\n\(zombie.text)", within: .seconds(30)) {
                try await mesh.count("SELECT count(DISTINCT owner) FROM mesh.position") == 2
            }
            try mesh.call(3200..<3400)
            try await mesh.expectAudited(3400)
            try await mesh.expectPublishedOnce(3400)
        }
    }

    @Test func `an owner whose partitions were claimed behind its back is refused, and claims them anew`() async throws
    {
        try await TestMesh.with { mesh in
            let store = PostgresPartitionStore(mesh.database)
            try await mesh.withWorker { worker in
                for round in 0..<5 {
                    try mesh.call(round * 60..<(round + 1) * 60)
                    try await mesh.wait(audited: round * 60 + 20)
                    for partition in 0..<mesh.partitions {
                        for (group, topic) in [(mesh.ledger, mesh.ledger), (mesh.audit, mesh.written)] {
                            _ = try await store.claim(
                                PartitionID(group: group, topic: topic, partition: partition), owner: "thief",
                                logStart: 0)
                        }
                    }
                }
                try await mesh.expectAudited(300)
                #expect(worker.statistics.reclaims > 0)
            }
            try await mesh.expectPublishedOnce(300)
        }
    }
}

extension TestMesh {
    /// Expects one event per call in the log: what stands there twice is the same row of the same lane, published again.
    func expectPublishedOnce(_ total: Int) async throws {
        var stamps: [String: Set<String>] = [:]
        for record in try await records(of: written) {
            var message = "?"
            var stamp = ""
            for header in record.headers {
                let text = header.value.map { String(decoding: $0, as: UTF8.self) } ?? ""
                if header.name == "ce_id" { message = text }
                // Without the lane's epoch, which rises when it is published anew.
                if header.name == "mesh_lane" { stamp += text.prefix { $0 != "." } + "/" }
                if header.name == "mesh_seq" { stamp += text }
            }
            stamps[message, default: []].insert(stamp)
        }
        #expect(stamps.count == total)
        #expect(stamps.values.allSatisfy { $0.count == 1 })
        #expect(Set(stamps.values.joined()).count == total)
    }
}
