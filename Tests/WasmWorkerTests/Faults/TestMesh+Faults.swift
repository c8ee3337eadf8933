import Embedded
import Foundation
import Glibc
import Kafka
import MeshCore
import Outbox
import Postgres
import Publishing
import TestSupport
import Testing

@testable import WasmWorker

extension TestMesh {
    /// Lends a mesh with servers of its own that the test may kill.
    static func withOwnServers(
        partitions: Int32 = 4, _ body: (TestMesh, EmbeddedBroker, EmbeddedPostgres) async throws -> Void
    ) async throws {
        try await withOwnBroker { broker, kafka in
            try await withOwnPostgres { postgres in
                try await lend(kafka, url: postgres.url(), partitions: partitions) { mesh in
                    try await body(mesh, broker, postgres)
                }
            }
        }
    }

    /// Lends a mesh with a broker of its own.
    static func withBroker(partitions: Int32 = 4, _ body: (TestMesh, EmbeddedBroker) async throws -> Void) async throws
    {
        try await withOwnBroker { broker, kafka in
            try await withDatabase { url in
                try await lend(kafka, url: url, partitions: partitions) { try await body($0, broker) }
            }
        }
    }

    /// Runs a relay of the sql lane while `body` does.
    func withRelay<Result>(_ body: () async throws -> Result) async throws -> Result {
        let relay = SQLRelay(database, RelayConfiguration(owner: TestEnvironment.uniqueName("relay"))) { [kafka] in
            try KafkaLanePublisher(kafka)
        }
        let relaying = Task { await relay.run() }
        do {
            let result = try await body()
            relaying.cancel()
            await relaying.value
            return result
        } catch {
            relaying.cancel()
            await relaying.value
            throw error
        }
    }

    /// Calls through the sql lane, spread over ten keys; each message's id is new.
    func send(_ range: Range<Int>) async throws {
        try await Psql.run(
            url,
            """
            SELECT count(mesh.send('t.Ledger/append', 'k' || i % 10, jsonb_build_object('id', 'k' || i % 10)))
            FROM generate_series(\(range.lowerBound), \(range.upperBound - 1)) i
            """)
    }

    /// Calls written to the log, spread over ten keys: m0 to key k0, m1 to k1…
    func call(_ range: Range<Int>) throws { for index in range { try call("m\(index)", key: "k\(index % 10)") } }

    /// How many messages have taken effect at the end of the path.
    func audited() async throws -> Int { try await effects(in: audit) }

    /// How many messages have taken effect in a service. The database may be away just now: then none are seen.
    func effects(in service: String) async throws -> Int {
        (try? await count(
            "SELECT coalesce(sum(cardinality(string_to_array(data->>'log', ','))), 0) FROM mesh.state WHERE service = '\(service)'"
        )) ?? 0
    }

    func wait(audited wanted: Int, within limit: Duration = .seconds(60)) async throws {
        var last = 0
        do {
            try await eventually("\(wanted) audited", within: limit) {
                last = try await audited()
                return last >= wanted
            }
        } catch is NeverHappened {
            let places = [
                "SELECT service, sum(cardinality(string_to_array(data->>'log', ','))) AS effects FROM mesh.state GROUP BY 1",
                "SELECT * FROM mesh.lag", "SELECT * FROM mesh.backlog", "SELECT * FROM mesh.lane",
                "SELECT * FROM mesh.watermark ORDER BY 1, 2, 3", "SELECT name, value FROM mesh.setting",
                """
                SELECT o.lane, o.seq, o.topic, o.partition, o.id AS without_effect FROM mesh.outbox o
                WHERE NOT EXISTS (SELECT FROM mesh.state s WHERE o.id = ANY (string_to_array(s.data->>'log', ',')))
                    AND o.topic = '\(ledger)' ORDER BY 1, 2
                """,
                "SELECT * FROM mesh.position ORDER BY 1, 2, 3",
                "SELECT lane, seq, topic, partition, id FROM mesh.outbox ORDER BY 1, 2",
                "SELECT id, service, error FROM mesh.dead_letter",
            ]
            var found = ""
            for place in places { found += "\n\(place)\n" + ((try? await Psql.run(url, place)) ?? "can't be asked") }
            throw AuditTimeout(description: "\(wanted) audited within \(limit): only \(last) were; \(found)")
        }
    }

    /// True once every record of the services' topics is done, and what came of the first's is in the second.
    func hasReadAll() async throws -> Bool {
        let admin = try KafkaAdmin(kafka)
        var missing = 0
        for topic in [ledger, written] {
            for partition in 0..<partitions {
                let end = try await admin.watermarks(TopicPartition(topic, partition)).high
                let position = "FROM mesh.position WHERE topic = '\(topic)' AND partition = \(partition)"
                missing += try await Int(end) - count("SELECT max(next_offset) \(position)")
            }
            missing += try await count("SELECT sum(unpublished) FROM mesh.lag")
        }
        await admin.close()
        return missing == 0
    }

    /// Waits for the calls m0 up to `count`, and expects that each took effect once, in its key's order, in both services.
    func expectAudited(_ total: Int, deadLetters: Int = 0) async throws {
        try await wait(audited: total)
        for key in 0..<10 {
            let expected = stride(from: key, to: total, by: 10).map { "m\($0)" }
            #expect(try await log(of: "k\(key)", in: ledger) == expected)
            #expect(try await log(of: "k\(key)", in: audit) == expected)
        }
        #expect(try await count("SELECT count(*) FROM mesh.dead_letter") == deadLetters)
    }

    /// Waits for so many effects, and expects each message once, and both services to agree about each key's order.
    func expectAuditedOnce(_ total: Int) async throws {
        try await wait(audited: total)
        var all: Set<String> = []
        var sum = 0
        for key in 0..<10 {
            let written = try await log(of: "k\(key)", in: ledger)
            #expect(try await log(of: "k\(key)", in: audit) == written)
            all.formUnion(written)
            sum += written.count
        }
        #expect(sum == total)
        #expect(all.count == total)
        #expect(try await count("SELECT count(*) FROM mesh.dead_letter") == 0)
    }

    /// Every record of a topic, as the log has it now.
    func records(of topic: String) async throws -> [KafkaRecord] {
        let admin = try KafkaAdmin(kafka)
        let records = Collector<KafkaRecord>()
        let reader = try KafkaReader(kafka, records: { records.append(contentsOf: $0) })
        var total: Int64 = 0
        for partition in 0..<partitions {
            let marks = try await admin.watermarks(TopicPartition(topic, partition))
            total += marks.high - marks.low
            if marks.high > marks.low { reader.start(TopicPartition(topic, partition), at: .at(marks.low)) }
        }
        let all = try await records.wait(for: Int(total))
        await reader.close()
        await admin.close()
        return all
    }
}

/// Not everything took effect in time; says where it waits.
struct AuditTimeout: Error, CustomStringConvertible {
    let description: String
}
