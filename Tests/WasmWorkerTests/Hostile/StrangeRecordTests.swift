import Kafka
import MeshCore
import Outbox
import Postgres
import TestSupport
import Testing

@testable import WasmWorker

/// What anybody who may write to the broker can put into the mesh's topics (I5, I6): each record costs itself, nobody behind it waits.
@Suite(.serialized, .timeLimit(.minutes(3))) struct StrangeRecordTests {
    struct Strange: Sendable {
        var name: String
        /// Its name where none is given: none of them waits behind another.
        var key: [UInt8]?? = .none
        var value: [UInt8]? = Array(#"{"id":"k"}"#.utf8)
        var headers: [(String, [UInt8])] = []
        var timestamp: Int64?
        /// What the dead letter's cause contains; nil where the record is good after all, or nobody's.
        var cause: String?
    }

    private static let call: [(String, [UInt8])] = [("ce_type", Array("t.Ledger/append".utf8))]

    /// Letters that no index can make room for.
    private static func incompressible(_ count: Int) -> [UInt8] {
        var random = Seed(value: 1)
        return (0..<count).map { _ in UInt8.random(in: 97...122, using: &random) }
    }

    private static let records: [Strange] = [
        Strange(
            name: "a key with a zero byte", key: [107, 0], headers: call, cause: "the record's key has a zero byte"),
        Strange(name: "an empty key", key: [], headers: call, cause: "the record's key is empty"),
        Strange(
            name: "an empty key in the data", key: .some(nil), value: Array(#"{"id":""}"#.utf8), headers: call,
            cause: "the key in the data is empty"),
        Strange(
            name: "a key that isn't UTF-8", key: [0xFF, 0xFE], headers: call, cause: "the record's key isn't UTF-8"),
        Strange(
            name: "a key of 100 KB",
            key: incompressible(100_000),
            value: Array(#"{"id":"x"}"#.utf8), headers: call, cause: "the record's key has 100000 bytes"),
        Strange(
            name: "a key in the data of 2 KB", key: .some(nil),
            value: Array(("{\"id\":\"" + String(repeating: "a", count: 2000) + "\"}").utf8), headers: call,
            cause: "the key in the data has 2000 bytes"),
        Strange(
            name: "a key in the data with a zero byte", key: .some(nil), value: Array(#"{"id":"a\u0000b"}"#.utf8),
            headers: call, cause: "zero byte"),
        Strange(
            name: "an id with a zero byte", headers: call + [("ce_id", [97, 0])], cause: "header ce_id has a zero byte"),
        Strange(
            name: "a source with a zero byte", headers: call + [("ce_source", [0])],
            cause: "header ce_source has a zero byte"),
        Strange(
            name: "a type with a zero byte", headers: [("ce_type", [97, 0])], cause: "header ce_type has a zero byte"),
        Strange(
            name: "a source of 100 KB",
            headers: call + [("ce_id", [97]), ("ce_source", Array(repeating: 97, count: 100_000))],
            cause: "header ce_source has 100000 bytes"),
        Strange(name: "data that isn't UTF-8", value: [0xFF, 0xFE, 0x7B], headers: call, cause: "isn't JSON"),
        Strange(name: "data with a zero byte", value: [0x7B, 0x00, 0x7D], headers: call, cause: ""),
        Strange(name: "no data", value: nil, headers: call, cause: "no value"),
        Strange(name: "empty data", value: [], headers: call, cause: ""),
        Strange(
            name: "a megabyte of brackets", value: Array(repeating: 0x5B, count: 900_000), headers: call, cause: ""),
        Strange(
            name: "the end of time", headers: [("ce_type", Array("t.Ledger/no".utf8))], timestamp: .max,
            cause: "has no method"),
        Strange(name: "the end of time, unreadable", key: [0xFF], headers: call, timestamp: .max, cause: "isn't UTF-8"),
        Strange(
            name: "an answer asked for nowhere",
            headers: [("ce_type", Array("t.Ledger/no".utf8)), ("mesh_reply_to", Array("2147483647".utf8))],
            cause: "has no method"),
        Strange(
            name: "a broken lane", headers: call + [("mesh_lane", Array("1".utf8)), ("mesh_seq", Array("1".utf8))],
            cause: "mesh_lane"),
        Strange(name: "half a stamp", headers: call + [("mesh_lane", Array("1.1".utf8))], cause: "go together"),
        Strange(
            name: "a broken deadline", headers: call + [("mesh_deadline", Array("soon".utf8))], cause: "mesh_deadline"),
        Strange(
            name: "an answer to a workflow that isn't there",
            headers: [("ce_type", Array("mesh.answer".utf8)), ("mesh_operation", Array("1.1.1".utf8))]),
        Strange(
            name: "an answer that isn't JSON", value: [0xFF], headers: [("ce_type", Array("mesh.answer".utf8))]),
        Strange(
            name: "an order that isn't one", value: Array("[]".utf8),
            headers: [("ce_type", Array("mesh.control".utf8))], cause: "isn't a JSON object"),
        Strange(name: "a timer from outside", headers: [("ce_type", Array("mesh.timer".utf8))], cause: "has no method"),
        Strange(
            name: "a thousand headers", headers: call + (0..<1000).map { ("x\($0)", [UInt8($0 % 256)]) }, cause: nil),
    ]

    @Test func `each record that nobody should write costs itself, and those behind it go on`() async throws {
        try await TestMesh.with(partitions: 1) { mesh in
            for record in Self.records {
                try mesh.producer.produce(
                    OutgoingRecord(
                        topic: mesh.ledger, partition: 0, key: record.key ?? Array(record.name.utf8),
                        value: record.value,
                        headers: record.headers.map { KafkaHeader(name: $0.0, value: $0.1) },
                        timestamp: record.timestamp))
            }
            try mesh.call("last", key: "end")
            try await onWorker(mesh) { worker in
                try await eventually(
                    "the last one; the worker said:\n\(worker.text.suffix(3000))", within: .seconds(30)
                ) {
                    try await mesh.log(of: "end", in: mesh.audit) == ["last"]
                }
                try await eventually("every record is done with", within: .seconds(30)) {
                    try await mesh.count(
                        "SELECT next_offset FROM mesh.position WHERE consumer_group = 't.Ledger' AND topic = 't.Ledger'"
                    )
                        == Self.records.count + 1
                }
                // A method that isn't there might be one that the worker is yet to hear of: that takes a second.
                try await eventually("nothing waits") {
                    try await mesh.count("SELECT count(*) FROM mesh.parked") == 0
                }
                let letters = try await mesh.database.query(
                    .oneOff(
                        "SELECT record_offset, error_message FROM mesh.dead_letter WHERE topic = 't.Ledger' ORDER BY 1")
                )
                let found = Dictionary(
                    try letters.map { (Int(try $0.int64(0)), try $0.text(1)) }, uniquingKeysWith: { $1 })
                for (offset, record) in Self.records.enumerated() {
                    if let cause = record.cause {
                        let message = found[offset] ?? "(no dead letter)"
                        #expect(
                            found[offset] != nil && (cause.isEmpty || message.contains(cause)),
                            "\(record.name): \(message)")
                    } else {
                        #expect(found[offset] == nil, "\(record.name): \(found[offset] ?? "")")
                    }
                }
            }
        }
    }

    @Test
    func `a record without a value, or with a key that is no text, is kept as it was and isn't redriven as another`()
        async throws
    {
        try await TestMesh.with(partitions: 1) { mesh in
            for (key, value) in [
                ([107], nil), ([0xFF, 0xFE], Array("{}".utf8)), ([107, 0], Array("{}".utf8)),
            ] as [([UInt8], [UInt8]?)] {
                try mesh.producer.produce(
                    OutgoingRecord(
                        topic: mesh.ledger, partition: 0, key: key, value: value,
                        headers: Self.call.map { KafkaHeader(name: $0.0, value: $0.1) }))
            }
            try await onWorker(mesh) { worker in
                try await eventually(
                    "three dead letters; the worker said:\n\(worker.text.suffix(3000))", within: .seconds(30)
                ) {
                    try await mesh.count("SELECT count(*) FROM mesh.dead_letter") == 3
                }
            }
            let letters = try await mesh.database.query(
                .oneOff("SELECT id, payload IS NULL, error_details FROM mesh.dead_letter ORDER BY record_offset"))
            #expect(try letters.map { try $0.bool(1) } == [true, false, false])
            #expect(
                try letters.map { try $0.textIfAny(2) }
                    == [nil, #"{"keyBase64":"//4="}"#, #"{"keyBase64":"awA="}"#])
            let ids = try letters.map { try $0.int64(0) }
            let outcome = try await DeadLetterStore(mesh.database).redrive(ids, by: "ada")
            #expect(outcome.done.isEmpty && outcome.refused.count == 3, "\(outcome)")
            #expect(outcome.refused[ids[0]]?.contains("no value") == true)
            #expect(outcome.refused[ids[1]]?.contains("key is no text") == true)
        }
    }

    @Test func `headers of others go with a message through its retries, its dead letter and back`() async throws {
        let others = [
            WireHeader("tenant", "blau"), WireHeader(name: "x-bytes", value: [0, 0xFF]), WireHeader("tenant", "grün"),
            WireHeader("ce_shelf", "7"),
        ]
        try await TestMesh.with(partitions: 1) { mesh in
            try mesh.call("a", key: "k", mode: "never", extensions: MessageExtensions(others: others))
            try await onWorker(mesh) { worker in
                let store = DeadLetterStore(mesh.database)
                try await eventually(
                    "a dead letter; the worker said:\n\(worker.text.suffix(3000))", within: .seconds(30)
                ) {
                    try await mesh.count("SELECT count(*) FROM mesh.dead_letter") == 1
                }
                let id = try #require(try await store.list(DeadLetterFilter()).first).id
                let letter = try #require(try await store.show(id))
                #expect(letter.attempts == 4)
                #expect(letter.headers.filter { header in others.contains { $0.name == header.name } } == others)
                let mirror = try await mesh.database.query(
                    .oneOff("SELECT headers FROM mesh.outbox WHERE topic = 't.Ledger.dead'"))
                let text = #""tenant":"blau","x-bytes":{"base64":"AP8="},"tenant":"grün","ce_shelf":"7"}"#
                #expect(try mirror.first?.text(0) == "{" + text)
                #expect(try await store.redrive([id], by: "ada").done == [id])
                let redriven = try await mesh.database.query(.oneOff("SELECT headers FROM mesh.outbox_sql"))
                #expect(try redriven.first?.text(0) == #"{"mesh_only_for":"t.Ledger","# + text)
            }
        }
    }

    @Test func `what waits behind a parked message must be text, or becomes a dead letter at once`() async throws {
        try await TestMesh.with(partitions: 1) { mesh in
            try mesh.call("first", key: "k", mode: "retry")
            try mesh.producer.produce(
                OutgoingRecord(
                    topic: mesh.ledger, partition: 0, key: Array("k".utf8), value: [0xFF, 0x00],
                    headers: Self.call.map { KafkaHeader(name: $0.0, value: $0.1) }))
            try mesh.call("second", key: "k")
            try await onWorker(mesh) { worker in
                try await eventually(
                    "the last one; the worker said:\n\(worker.text.suffix(3000))", within: .seconds(30)
                ) {
                    try await mesh.log(of: "k", in: mesh.audit) == ["first", "second"]
                }
                #expect(try await mesh.count("SELECT count(*) FROM mesh.dead_letter WHERE record_offset = 1") == 1)
            }
        }
    }

    @Test func `an answer for a topic that nobody has holds the partition up for a while, not for ever`() async throws {
        try await TestMesh.with(partitions: 1) { mesh in
            try mesh.call("lost", key: "k", extensions: MessageExtensions(answerTo: "t.Nobody/1.1.1/x"))
            try mesh.call("last", key: "k")
            var configuration = mesh.configuration("w1")
            configuration.topicPatience = .seconds(1)
            let worker = try MeshWorker(configuration, database: mesh.database)
            let running = Task { try await worker.run() }
            try await eventually("both, and the answer's dead letter", within: .seconds(30)) {
                let log = try await mesh.log(of: "k", in: mesh.audit)
                let dead = try await mesh.count("SELECT count(*) FROM mesh.dead_letter WHERE type = 'mesh.answer'")
                return log == ["lost", "last"] && dead == 1
            }
            running.cancel()
            try await running.value
        }
    }

    @Test func `random records are each accounted for`() async throws {
        var random = Seed()
        let made = (0..<400).map { _ in RandomRecord.make(&random) }
        try await TestMesh.with(partitions: 1) { mesh in
            for (index, record) in made.enumerated() {
                var record = record
                record.topic = index % 3 == 0 ? mesh.written : mesh.ledger
                try mesh.producer.produce(record)
            }
            try mesh.call("last", key: "end")
            try mesh.producer.produce(
                OutgoingRecord(
                    topic: mesh.written, partition: 0, key: Array("end".utf8),
                    value: Array(#"{"id":"end","message":"seen"}"#.utf8)))
            try await onWorker(mesh) { worker in
                try await eventually(
                    "the last ones; the worker said:\n\(worker.text.suffix(3000))", within: .seconds(40)
                ) {
                    Set(try await mesh.log(of: "end", in: mesh.audit)).isSuperset(of: ["last", "seen"])
                }
            }
        }
    }

    /// Lends a worker in a process of its own: it must be the same process, with the same claims, in the end.
    private func onWorker(_ mesh: TestMesh, _ body: (MeshChild) async throws -> Void) async throws {
        let worker = try MeshChild.worker(mesh, "strange")
        defer { worker.kill() }
        try await worker.owns(mesh)
        try await body(worker)
        #expect(worker.isRunning)
        #expect(
            try await mesh.count("SELECT max(epoch) FROM mesh.position") == 1,
            "partitions were claimed anew: \(worker.text.suffix(2000))")
    }
}

/// Records made of the mesh's own words and of rubbish.
enum RandomRecord {
    private static let names = [
        "ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time", "ce_subject", "content-type", "traceparent",
        "mesh_reply_to", "mesh_keep_result", "mesh_deadline", "mesh_caller", "mesh_only_for", "mesh_reply_for",
        "mesh_status", "mesh_operation", "mesh_lane", "mesh_seq", "x-other",
    ]

    private static let texts = [
        "1.0", "t.Ledger/append", "t.Ledger/once", "t.Ledger/none", "t.written", "mesh.answer", "mesh.control",
        "mesh.timer",
        "mesh.reply", "2026-11-21T10:00:00Z", "9999-12-31T23:59:59Z", "application/json", "text/plain", "true", "0",
        "1", "-1",
        "9223372036854775807", "1.1", "1.1.1", "t.Audit", "t.Ledger", "",
    ]

    private static let values = [
        #"{"id":"k"}"#, #"{"id":"k","mode":"refuse"}"#, #"{"id":"k","message":"m"}"#, #"{"id":"\u0000"}"#, "{}", "[]",
        "null",
        #"{"order":"cancel"}"#, #"{"id":"k","mode":"trap"}"#, "{\"id\":\"\u{301}\"}", #"{"id":1e999}"#,
    ]

    static func make(_ random: inout Seed) -> OutgoingRecord {
        var headers: [KafkaHeader] = []
        for _ in 0..<random.integer(in: 0...6) {
            let name = names[random.integer(in: 0...names.count - 1)]
            headers.append(KafkaHeader(name: name, value: random.chance(0.1) ? nil : bytes(texts, &random)))
        }
        if random.chance(0.5) { headers.append(KafkaHeader("ce_type", texts[random.integer(in: 1...3)])) }
        return OutgoingRecord(
            topic: "", partition: 0,
            key: random.chance(0.2) ? nil : bytes(["k", "j", "", "@schedule/append"], &random),
            value: random.chance(0.1) ? nil : bytes(values, &random), headers: headers,
            timestamp: random.chance(0.1) ? Int64.random(in: 1...Int64.max, using: &random) : nil)
    }

    private static func bytes(_ choices: [String], _ random: inout Seed) -> [UInt8] {
        var bytes = Array(choices[random.integer(in: 0...choices.count - 1)].utf8)
        if random.chance(0.1) { return random.bytes(count: random.integer(in: 0...40)) }
        if random.chance(0.2), !bytes.isEmpty {
            bytes[random.integer(in: 0...bytes.count - 1)] = UInt8.random(in: 0...255, using: &random)
        }
        return bytes
    }
}
