import MeshCore
import Postgres

extension RegistryStore {
    /// What the mesh knows of topics.
    package func topicBook() async throws(StoreError) -> TopicBook {
        var pipeline = Pipeline()
        pipeline.add(RegistryStatement.settings)
        pipeline.add(RegistryStatement.topics)
        let results = try await database.submit(pipeline)
        var settings: [String: String] = [:]
        try results[0].readRows { row throws(PostgresError) in settings[try row.text(0)] = try row.text(1) }
        let topics = try results[1].readRows { row throws(PostgresError) in
            TopicRecord(
                name: try row.text(0), kind: TopicRecord.Kind(rawValue: try row.text(1)) ?? .event,
                partitions: try row.int32(2))
        }
        return TopicBook(
            partitions: settings["partitions"].flatMap { Int32($0) } ?? 16, topics: topics,
            brokerEpoch: settings["broker_epoch"].flatMap { Int64($0) } ?? 1,
            isBrokerDurable: settings["broker_durable"] != "false")
    }

    /// Records topics; one that is recorded already keeps what is on record.
    package func record(_ topics: [TopicRecord]) async throws(StoreError) {
        try await database.query(
            RegistryStatement.recordTopics, .texts(topics.map(\.name)), .texts(topics.map(\.kind.rawValue)),
            .int32s(topics.map { Int32?($0.partitions) }))
    }

    /// The broker came back without topics: makes everything that wasn't consumed be published again, and fences every owner.
    ///
    /// `observed` is the broker epoch that the caller read; false when somebody else has done it since.
    package func brokerReset(lost topics: [String], observed: Int64, by actor: String) async throws(StoreError) -> Bool
    {
        let rows = try await database.query(
            RegistryStatement.brokerReset, .texts(topics), .int64(observed), .text(actor))
        return try rows.firstRow { row throws(PostgresError) in try row.bool(0) } ?? false
    }

    /// A setting of the mesh; nil when there is none of that name.
    package func setting(_ name: String) async throws(StoreError) -> String? {
        let rows = try await database.query(RegistryStatement.setting, .text(name))
        return try rows.firstRow { row throws(PostgresError) in try row.text(0) }
    }

    /// Changes a setting.
    package func set(_ name: String, to value: String) async throws(StoreError) {
        try await database.query(RegistryStatement.set, .text(name), .text(value))
    }
}
