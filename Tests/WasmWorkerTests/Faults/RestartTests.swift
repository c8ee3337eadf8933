import Embedded
import Kafka
import MeshCore
import Outbox
import TestSupport
import Testing

@testable import WasmWorker

/// What must survive workers that end: sequences already published, attempts already made, versions already running.
@Suite(.serialized, .timeLimit(.minutes(2))) struct RestartTests {
    @Test func `what is published again after a kill is consumed once`() async throws {
        try await TestMesh.with { mesh in
            for round in 0..<3 {
                let worker = try MeshChild.worker(mesh, "killed\(round)")
                try await worker.owns(mesh)
                try mesh.call(round * 400..<(round + 1) * 400)
                try await mesh.wait(audited: round * 400 + 100)
                worker.kill()
                // As if none of the last acknowledgements had been stored: the next owner can't know what is in the log.
                try await Psql.run(
                    mesh.url, "UPDATE mesh.lane SET acked_seq = greatest(0, acked_seq - 60) WHERE kind = 'worker'")
            }
            try await mesh.withWorker("last") { _ in
                try mesh.call(1200..<1300)
                try await mesh.expectAudited(1300)
            }
            try await mesh.expectPublishedOnce(1300)
            #expect(try await mesh.records(of: mesh.written).count > 1300, "nothing was published twice")
        }
    }

    @Test func `what was committed while the broker stood still is published by the next owner`() async throws {
        try await TestMesh.withBroker { mesh, broker in
            let worker = try MeshChild.worker(mesh, "silenced")
            try await worker.owns(mesh)
            try mesh.call(0..<2000)
            try await eventually("some are done", within: .seconds(30)) {
                try await mesh.effects(in: mesh.ledger) >= 20
            }
            broker.suspend()
            // It commits what it has fetched and can't publish it; for longer than it takes to store an acknowledgement.
            try await Task.sleep(for: .milliseconds(1500))
            #expect(
                try await mesh.count(
                    "SELECT count(*) FROM mesh.outbox o JOIN mesh.lane l ON l.id = o.lane WHERE o.seq > l.acked_seq")
                    > 0)
            worker.kill()
            broker.resume()
            try await mesh.withWorker("next") { _ in try await mesh.expectAudited(2000) }
            try await mesh.expectPublishedOnce(2000)
        }
    }

    @Test func `a parked message and the count of its attempts survive restarts`() async throws {
        try await TestMesh.with { mesh in
            try mesh.call("never", key: "k1", mode: "never")
            try mesh.call("behind", key: "k1")
            // The first worker is stopped in the midst of the attempts: what is parked waits for the next one.
            let first = try await mesh.withWorker("first") { worker in
                let attempts = try await mesh.parkedAttempts(moreThan: 0)
                #expect(attempts < 4)
                try await Psql.run(
                    mesh.url, "UPDATE mesh.parked SET due = now() + interval '1 hour' WHERE due IS NOT NULL")
                return worker
            }
            let made = try await mesh.parkedAttempts(moreThan: 0)
            #expect(made == first.statistics.executions)
            try await Psql.run(mesh.url, "UPDATE mesh.parked SET due = now() WHERE due IS NOT NULL")
            let second = try await mesh.withWorker("second") { worker in
                try await eventually("the one behind it", within: .seconds(20)) {
                    try await mesh.log(of: "k1", in: mesh.audit) == ["behind"]
                }
                return worker
            }
            // Four attempts in all; then the message behind it, and its event.
            #expect(first.statistics.executions + second.statistics.executions == 4 + 2)
            #expect(try await mesh.count("SELECT attempts FROM mesh.dead_letter WHERE message_id = 'never'") == 4)
            #expect(try await mesh.count("SELECT count(*) FROM mesh.parked") == 0)
        }
    }

    @Test func `deploying new versions under load loses nothing, doubles nothing, and never goes back`() async throws {
        try await TestMesh.with { mesh in
            try await mesh.withWorker { _ in
                for build in 1...3 {
                    try mesh.call((build - 1) * 300..<build * 300)
                    try await mesh.wait(audited: (build - 1) * 300 + 50)
                    try await mesh.deploy(build: build)
                }
                // More until one has been run by the last version.
                var total = 900
                try await eventually("the last version works", within: .seconds(20)) {
                    try mesh.call(total..<total + 10)
                    total += 10
                    try await mesh.wait(audited: total)
                    return try await mesh.log(of: "k9", in: mesh.ledger).last == "m\(total - 1)@3"
                }
                for key in 0..<10 {
                    let log = try await mesh.log(of: "k\(key)", in: mesh.ledger)
                    let parts = log.map { $0.split(separator: "@") }
                    #expect(parts.map { String($0[0]) } == stride(from: key, to: total, by: 10).map { "m\($0)" })
                    let builds = parts.map { $0.count > 1 ? Int($0[1]) ?? -1 : 0 }
                    #expect(builds == builds.sorted(), "a key went back to an older version")
                }
                #expect(try await mesh.count("SELECT count(*) FROM mesh.dead_letter") == 0)
            }
            try await mesh.expectPublishedOnce(try await mesh.audited())
        }
    }
}

extension TestMesh {
    /// Waits until a message is parked after more attempts than that; how many it has had.
    fileprivate func parkedAttempts(moreThan known: Int) async throws -> Int {
        try await eventually("an attempt", within: .seconds(20)) {
            let now = try await count("SELECT coalesce(max(attempts), 0) FROM mesh.parked")
            return now > known ? now : nil
        }
    }
}
