internal import Kafka
internal import MeshCore
@testable internal import Outbox
internal import Schemas
internal import Wasm
@testable internal import WasmWorker
internal import Workflows

extension FuzzTarget {
    private static let headerSeeds = [
        "k\nce_specversion=1.0\nce_id=a\nce_type=t.Ledger/append\nce_source=/x\nce_time=2026-11-21T13:05:00Z\n\n{\"id\":\"k\"}",
        "\nmesh_lane=1.2\nmesh_seq=3\nmesh_reply_to=1\nmesh_deadline=9999-12-31T23:59:59+23:59\nmesh_only_for=t.Audit\n\n{}",
        "k\nce_type=mesh.answer\nmesh_operation=1.1.1\nmesh_status=error\nmesh_answer_to=t.Flow/1.1.1/a/b\n\n{\"code\":\"X\",\"message\":\"m\"}",
        "k\nce_type=t.Ledger/append\nmesh_principal={\"name\":\"a\\u0041\",\"roles\":[\"clerk\",\"b\"],\"administrator\":true}\n\n{\"id\":\"k\"}",
        "@schedule/nightly\nce_type=mesh.control\n\n{\"order\":\"pause\"}",
        "k\nce_type=t.Ledger/start\n\n{\"id\":\"\\u0000\"}",
        "k\ncontent-type=application/cloudevents+json; charset=utf-8\nce_subject=s\n\n{\"id\":\"k\",\"message\":\"m\"}",
    ]

    /// A record's headers, key, value and time: read, written and read again.
    static let message = FuzzTarget(
        "message", "Kafka headers in CloudEvents' binary mode, keys, times", seeds: headerSeeds
    ) { input in
        let record = parsed(input)
        let headers = record.headers.map { WireHeader(name: $0.name, value: $0.value ?? []) }
        guard
            let decoded = try? MessageCodec.decode(
                topic: record.topic, partition: 1, offset: record.offset, timestampMilliseconds: record.timestamp,
                key: record.key, value: record.value, headers: headers)
        else { return }
        let again = try MessageCodec.decode(
            topic: record.topic, partition: 1, offset: record.offset, timestampMilliseconds: 0,
            key: decoded.message.key.map { Array($0.utf8) }, value: decoded.message.data,
            headers: MessageCodec.headers(of: decoded.message, stamp: decoded.stamp))
        try require(
            again.message == decoded.message, "written and read again it is \(again.message), not \(decoded.message)")
        try require(
            again.stamp == decoded.stamp,
            "the stamp is \(String(describing: again.stamp)), not \(String(describing: decoded.stamp))")
        // What is stored of it is read as it was.
        let stored = HeaderText.extensions(HeaderText.encode(decoded.message.extensions))
        try require(stored == decoded.message.extensions, "stored it is \(stored), not \(decoded.message.extensions)")
    }

    /// What the worker makes of a record: an execution, or why not, for a service of every kind of method.
    static let record = FuzzTarget("record", "Kafka records as the worker routes them", seeds: headerSeeds) { input in
        let record = parsed(input)
        for id in [
            PartitionID(group: "t.Ledger", topic: "t.Ledger", partition: 0),
            PartitionID(group: "t.Ledger", topic: "t.made", partition: 0),
        ] {
            var record = record
            record.topic = id.topic
            let fetched = catalog.route(record, for: id, now: Timestamp(microseconds: 1))
            if let inbox = fetched.inboxID {
                try require(inbox.utf8.count <= 2100, "an inbox id of \(inbox.utf8.count) bytes")
            }
            switch fetched.content {
            case .execution(let execution):
                for text in [
                    execution.orderKey.key, execution.stateKey.key, execution.message.id, execution.message.type,
                    execution.message.source,
                ] {
                    try require(!text.utf8.contains(0), "a text with a zero byte reaches Postgres")
                }
                _ = execution.workflowInput
            case .rejected(let rejection):
                let mirror = rejection.message.mirror
                try require(
                    mirror.data.isStorableText && !(mirror.key ?? "").utf8.contains(0),
                    "a dead letter that can't be stored")
            case .ignored: break
            }
        }
    }

    /// What stands in the columns of headers.
    static let headerText = FuzzTarget(
        "header-text", "headers as the tables hold them",
        seeds: [
            #"{"ce_id":"a","x":{"base64":"AAEC"}}"#, #"{}"#,
            #"{"mesh_reply_to":"1","mesh_status":"ok","é":"\u0000\n"}"#,
        ]
    ) { input in
        let text = String(decoding: input, as: UTF8.self)
        _ = HeaderText.extensions(text)
        guard let headers = HeaderText.decode(text) else { return }
        let again = HeaderText.decode(HeaderText.encode(headers))
        try require(again == headers, "written and read again: \(String(describing: again)), not \(headers)")
    }

    /// The first line is the key, the next ones are headers, an empty one ends them, the rest is the value.
    private static func parsed(_ input: [UInt8]) -> KafkaRecord {
        var reader = Reader(input)
        let key = reader.line()
        var headers: [KafkaHeader] = []
        while !reader.isAtEnd {
            let line = reader.line()
            if line.isEmpty { break }
            let parts = line.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            headers.append(
                KafkaHeader(
                    name: String(decoding: parts[0], as: UTF8.self), value: parts.count > 1 ? Array(parts[1]) : nil))
        }
        let value = reader.remainder()
        // Any time that a record may have.
        let timestamp = value.suffix(8).reduce(Int64(0)) { $0 << 8 | Int64($1) }
        return KafkaRecord(
            topic: "t.Ledger", partition: 0, offset: 7, timestamp: max(0, timestamp),
            key: key.isEmpty ? nil : key, value: value == [UInt8(ascii: "-")] ? nil : value, headers: headers)
    }

    private static let catalog: ServiceCatalog = {
        let text = """
            @mesh(namespace: "t", version: "1.0.0")
            type Entry @key(field: "id") { id: ID! }
            type Made { id: ID! other: ID! }
            service Ledger @state(type: "Entry") {
              append(id: ID!): Void
              @workflow start(id: ID!): Void
              @signal poke(id: ID!): Void
              @query look: Entry
              @schedule(cron: "0 6 * * *") @scheduleOnly nightly: Void
              @emits(event: "t.made", key: "id") made(event: Made!): Void
              @handles(event: "t.made", key: "other") onMade(event: Made!): Void
            }
            """
        do {
            guard let schema = SchemaCompiler.compile([SchemaSource(path: "t", text: text)]).schema,
                let service = schema.services.first
            else {
                throw FuzzFinding(
                    description:
                        "the fuzzer's own schema doesn't compile: \(SchemaCompiler.compile([SchemaSource(path: "t", text: text)]).diagnostics)"
                )
            }
            let binding = ServiceBinding(service, in: schema, code: try HostCallGuest.module(), configuration: [:])
            return ServiceCatalog(services: [binding], schemas: [schema])
        } catch {
            // A constant of the tests, which no input reaches: where it can't be made there is nothing to fuzz.
            fatalError("\(error)")
        }
    }()
}
