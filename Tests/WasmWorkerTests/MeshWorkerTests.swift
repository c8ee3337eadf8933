import Kafka
import MeshCore
import Outbox
import Postgres
import TestSupport
import Testing

@testable import WasmWorker

/// The worker on a real broker, a real Postgres and a real sandbox.
@Suite(.serialized, .timeLimit(.minutes(3))) struct MeshWorkerTests {
    @Test func `calls change state and their events reach the other service, once and in order`() async throws {
        try await TestMesh.with { mesh in
            for index in 0..<200 { try mesh.call("m\(index)", key: "k\(index % 7)") }
            try await mesh.withWorker { _ in
                try await eventually("all audited", within: .seconds(30)) {
                    try await mesh.count(
                        "SELECT count(*) FROM mesh.state s, string_to_table(s.data->>'log', ',') WHERE service = 't.Audit'"
                    ) == 200
                }
            }
            for key in 0..<7 {
                let expected = stride(from: key, to: 200, by: 7).map { "m\($0)" }
                #expect(try await mesh.log(of: "k\(key)", in: mesh.ledger) == expected)
                #expect(try await mesh.log(of: "k\(key)", in: mesh.audit) == expected)
            }
            #expect(try await mesh.count("SELECT count(*) FROM mesh.dead_letter") == 0)
        }
    }

    @Test func `a record without headers is an event of its topic, and one that can't be read harms nobody behind it`()
        async throws
    {
        try await TestMesh.with { mesh in
            func plain(_ value: String?, _ headers: [KafkaHeader] = []) throws {
                try mesh.producer.produce(
                    OutgoingRecord(
                        topic: mesh.written, partition: 0, key: Array("k".utf8), value: value.map { Array($0.utf8) },
                        headers: headers))
            }
            try plain(#"{"id":"k","message":"one"}"#)
            try plain("not JSON")
            try plain(nil)
            try plain(#"{"id":"k","message":"broken"}"#, [KafkaHeader("mesh_seq", "many")])
            try plain(#"{"id":"k","message":"two"}"#)
            try await mesh.withWorker { _ in
                try await eventually("the last one", within: .seconds(30)) {
                    let log = try await mesh.log(of: "k", in: mesh.audit)
                    let dead = try await mesh.count("SELECT count(*) FROM mesh.dead_letter WHERE error_message <> ''")
                    return log == ["one", "two"] && dead == 3
                }
            }
        }
    }

    @Test func `a message that comes twice takes effect once`() async throws {
        try await TestMesh.with { mesh in
            for _ in 0..<3 { for index in 0..<20 { try mesh.call("m\(index)", key: "k") } }
            try mesh.call("last", key: "k")
            try await mesh.withWorker { _ in
                try await eventually("the last one", within: .seconds(30)) {
                    try await mesh.log(of: "k", in: mesh.audit).last == "last"
                }
            }
            #expect(try await mesh.log(of: "k", in: mesh.ledger) == (0..<20).map { "m\($0)" } + ["last"])
        }
    }

    @Test func `a message that comes again after it was done takes effect once, whoever is given it`() async throws {
        try await TestMesh.with { mesh in
            for (worker, last) in [("w1", "a"), ("w2", "b")] {
                try await mesh.withWorker(worker) { _ in
                    for round in ["1", "2"] {
                        for index in 0..<20 { try mesh.call("m\(index)", key: "k") }
                        try mesh.call(last + round, key: "k")
                        try await eventually("the last one of round \(last)\(round)", within: .seconds(30)) {
                            try await mesh.log(of: "k", in: mesh.audit).last == last + round
                        }
                    }
                }
            }
            #expect(
                try await mesh.log(of: "k", in: mesh.ledger) == (0..<20).map { "m\($0)" } + ["a1", "a2", "b1", "b2"])
        }
    }

    @Test func `each way to fail costs its own message only`() async throws {
        try await TestMesh.with { mesh in
            try mesh.call("good1", key: "k")
            try mesh.call("refused", key: "k", mode: "refuse")
            try mesh.call("trapped", key: "k", mode: "trap", method: "once")
            try mesh.call("odd", key: "k", mode: "x\\\"")
            try mesh.produce(
                Message(
                    id: "bad", type: "t.Ledger/append", source: "/t", time: .now, key: "k",
                    data: Array("{\"id\":7}".utf8)),
                to: mesh.ledger)
            try mesh.produce(
                Message(id: "unknown", type: "t.Ledger/no", source: "/t", time: .now, key: "k", data: Array("{}".utf8)),
                to: mesh.ledger)
            try mesh.producer.produce(OutgoingRecord(topic: mesh.ledger, partition: 0, key: nil, value: nil))
            try mesh.producer.produce(
                OutgoingRecord(
                    topic: mesh.ledger, partition: 0, key: nil, value: [1, 2], headers: [KafkaHeader("ce_time", "soon")]
                ))
            try mesh.call("good2", key: "k")
            try await mesh.withWorker { _ in
                try await eventually("dead letters", within: .seconds(30)) {
                    let last = try await mesh.log(of: "k", in: mesh.audit).last
                    let dead = try await mesh.count("SELECT count(*) FROM mesh.dead_letter")
                    return last == "good2" && dead == 6
                }
            }
            #expect(try await mesh.log(of: "k", in: mesh.ledger) == ["good1", "odd", "good2"])
            let letters = try await mesh.database.query(
                .oneOff("SELECT message_id, error_code FROM mesh.dead_letter WHERE message_id !~ '/' ORDER BY 1"))
            #expect(
                try letters.map { "\(try $0.text(0)) \(try $0.text(1))" } == [
                    "bad INVALID_REQUEST", "refused NO_STOCK", "trapped INTERNAL_ERROR", "unknown NOT_FOUND",
                ])
        }
    }

    @Test func `a failing message is tried again in its turn, and others of its key wait`() async throws {
        try await TestMesh.with { mesh in
            try mesh.call("first", key: "k", mode: "retry")
            for index in 0..<5 { try mesh.call("m\(index)", key: "k") }
            try mesh.call("other", key: "j")
            try await mesh.withWorker { _ in
                // The other key is in another partition, which may be claimed later.
                try await eventually("the last one of each key", within: .seconds(30)) {
                    let last = try await mesh.log(of: "k", in: mesh.audit).last
                    let other = try await mesh.log(of: "j", in: mesh.ledger)
                    return last == "m4" && !other.isEmpty
                }
            }
            #expect(try await mesh.log(of: "k", in: mesh.ledger) == ["first"] + (0..<5).map { "m\($0)" })
            #expect(try await mesh.log(of: "j", in: mesh.ledger) == ["other"])
            #expect(try await mesh.count("SELECT count(*) FROM mesh.parked") == 0)
        }
    }

    @Test func `a handler that never ends is stopped, and doesn't hold up other keys`() async throws {
        try await TestMesh.with { mesh in
            for index in 0..<6 { try mesh.call("spin\(index)", key: "s\(index)", mode: "spin", method: "append") }
            for index in 0..<50 { try mesh.call("m\(index)", key: "k\(index)") }
            try await mesh.withWorker { _ in
                try await eventually("quick ones", within: .seconds(30)) {
                    try await mesh.count("SELECT count(*) FROM mesh.state WHERE service = 't.Audit'") == 50
                }
                // 4 attempts each of 300 ms of CPU.
                try await eventually("slow ones", within: .seconds(60)) {
                    try await mesh.count("SELECT count(*) FROM mesh.dead_letter WHERE error_code = 'DEADLINE_EXCEEDED'")
                        == 6
                }
            }
        }
    }

    @Test func `answers go to the partition that waits for them, errors as well`() async throws {
        try await TestMesh.with { mesh in
            let records = Collector<KafkaRecord>()
            let reader = try KafkaReader(mesh.kafka, records: { records.append(contentsOf: $0) })
            reader.start(TopicPartition(Topics.replies, 2), at: .beginning)
            try mesh.call("ok", key: "k", extensions: MessageExtensions(replyTo: 2, keepsResult: true))
            try mesh.call("no", key: "k", mode: "refuse", extensions: MessageExtensions(replyTo: 2, keepsResult: true))
            // Whoever has only taken note of the id doesn't wait.
            try mesh.call("async", key: "k", mode: "refuse", extensions: MessageExtensions(keepsResult: true))
            try await mesh.withWorker { _ in
                let replies = try await records.wait(for: 2).map { try decoded($0) }
                #expect(replies.map(\.extensions.replyFor) == ["ok", "no"])
                #expect(replies.map(\.extensions.status) == [.ok, .error])
                #expect(String(decoding: replies[0].data, as: UTF8.self) == "{}")
                #expect(String(decoding: replies[1].data, as: UTF8.self).contains("\"details\":{\"left\":0}"))
                try await eventually("what nobody hears of is a dead letter") {
                    try await mesh.count("SELECT count(*) FROM mesh.dead_letter WHERE message_id = 'async'") == 1
                }
            }
            await reader.close()
            #expect(try await mesh.count("SELECT count(*) FROM mesh.call_result") == 3)
            #expect(try await mesh.count("SELECT count(*) FROM mesh.dead_letter") == 1)
        }
    }

    private func decoded(_ record: KafkaRecord) throws -> Message {
        try MessageCodec.decode(
            topic: record.topic, partition: record.partition, offset: record.offset,
            timestampMilliseconds: record.timestamp, key: record.key, value: record.value,
            headers: record.headers.compactMap { header in header.value.map { WireHeader(name: header.name, value: $0) }
            }
        ).message
    }

    @Test func `workers that come and go lose nothing and double nothing`() async throws {
        try await TestMesh.with { mesh in
            let total = 600
            try await mesh.withWorker("w1") { _ in
                for index in 0..<200 { try mesh.call("m\(index)", key: "k\(index % 20)") }
                try await mesh.withWorker("w2") { second in
                    for index in 200..<400 { try mesh.call("m\(index)", key: "k\(index % 20)") }
                    try await eventually("partitions spread", within: .seconds(30)) {
                        !second.statistics.partitions.isEmpty
                    }
                }
                for index in 400..<total { try mesh.call("m\(index)", key: "k\(index % 20)") }
                try await eventually("all audited", within: .seconds(60)) {
                    try await mesh.count(
                        "SELECT count(*) FROM mesh.state s, string_to_table(s.data->>'log', ',') WHERE service = 't.Audit'"
                    ) >= total
                }
            }
            for key in 0..<20 {
                let expected = stride(from: key, to: total, by: 20).map { "m\($0)" }
                #expect(try await mesh.log(of: "k\(key)", in: mesh.ledger) == expected)
                #expect(try await mesh.log(of: "k\(key)", in: mesh.audit) == expected)
            }
        }
    }
}
