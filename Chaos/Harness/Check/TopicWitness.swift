internal import Foundation
internal import Kafka
internal import MeshCore
internal import Synchronization

/// Reads the topics with a consumer of its own, from their begin, in each life of the broker.
final class TopicWitness: Sendable {
    static let topics = ["bank.step", "bank.trace", "bank.entry", "bank.settled", "bank.ended"]

    private struct State {
        var life = 0
        var reader: KafkaReader?
        var records: [SeenRecord] = []
        var positions: [TopicPartition: Int64] = [:]
        var starting: Task<Void, Never>?
        var unreadable: [String] = []
    }

    private let kafka: KafkaConfiguration
    private let partitions: Int32
    private let state = Mutex(State())

    init(_ kafka: KafkaConfiguration, partitions: Int32) {
        self.kafka = kafka
        self.partitions = partitions
    }

    /// What was read so far, and how often the broker had to begin anew.
    var books: TopicBooks { state.withLock { TopicBooks(records: $0.records, losses: $0.life) } }
    var losses: Int { state.withLock { $0.life } }
    var unreadable: [String] { state.withLock { $0.unreadable } }

    /// Begins to read as soon as the topics are there.
    func start() {
        let task = Task { await self.read() }
        state.withLock { $0.starting = task }
    }

    /// Ends reading; the broker is about to lose everything.
    func stop() async {
        let (starting, reader) = state.withLock { state in
            defer { (state.starting, state.reader) = (nil, nil) }
            return (state.starting, state.reader)
        }
        starting?.cancel()
        await starting?.value
        await reader?.close()
        // One that was made while it was cancelled.
        await state.withLock { state in
            defer { state.reader = nil }
            return state.reader
        }?.close()
    }

    /// The broker is there again, empty.
    func beginAnew() {
        state.withLock { state in
            state.life += 1
            state.positions = [:]
        }
        start()
    }

    /// Waits until everything that is in the topics now was read.
    func catchUp(within limit: Duration) async throws {
        let deadline = ContinuousClock.now + limit
        let admin = try KafkaAdmin(kafka)
        var missing: [String] = ["no reader"]
        while ContinuousClock.now < deadline {
            if state.withLock({ $0.reader != nil }) {
                missing = []
                for partition in all {
                    guard let end = try? await admin.watermarks(partition).high else {
                        missing.append("\(partition): the broker doesn't tell its end")
                        break
                    }
                    let position = state.withLock { $0.positions[partition] ?? 0 }
                    if position < end { missing.append("\(partition): \(position) of \(end)") }
                }
                if missing.isEmpty { break }
            }
            try? await Task.sleep(for: .milliseconds(200))
        }
        await admin.close()
        if !missing.isEmpty {
            throw ChaosFailure("the checker's own consumer couldn't read everything: \(missing.prefix(5))")
        }
    }

    private var all: [TopicPartition] {
        TopicWitness.topics.flatMap { topic in (0..<partitions).map { TopicPartition(topic, $0) } }
    }

    private func read() async {
        while !Task.isCancelled {
            do {
                let admin = try KafkaAdmin(kafka, timeout: .seconds(2))
                let metadata = try? await admin.metadata()
                await admin.close()
                if let metadata, TopicWitness.topics.allSatisfy({ metadata.topics[$0] == partitions }) {
                    let life = state.withLock { $0.life }
                    let reader = try KafkaReader(kafka, records: { [self] in take($0, life) })
                    for partition in all { reader.start(partition, at: .beginning) }
                    state.withLock { $0.reader = reader }
                    return
                }
            } catch {
                say("   the checker's consumer: \(error)")
            }
            try? await Task.sleep(for: .milliseconds(200))
        }
    }

    private func take(_ records: [KafkaRecord], _ life: Int) {
        state.withLock { state in
            guard state.life == life else { return }
            for record in records {
                state.positions[TopicPartition(record.topic, record.partition)] = record.offset + 1
                if let seen = SeenRecord(record, life) {
                    state.records.append(seen)
                } else {
                    state.unreadable.append("\(record.topic)[\(record.partition)]@\(record.offset)")
                }
            }
        }
    }
}

extension SeenRecord {
    /// Reads what is needed out of a record's headers and its JSON; nil where it isn't one of the mesh.
    fileprivate init?(_ record: KafkaRecord, _ life: Int) {
        func header(_ name: String) -> String? {
            record.headers.first { $0.name == name }?.value.map { String(decoding: $0, as: UTF8.self) }
        }
        let lane = (header("mesh_lane") ?? "").split(separator: ".").compactMap { Int64($0) }
        guard lane.count == 2, let sequence = header("mesh_seq").flatMap({ Int64($0) }), let id = header("ce_id"),
            let key = record.key, let value = record.value,
            let data = try? JSONSerialization.jsonObject(with: Data(value)) as? [String: Any]
        else { return nil }
        self.init(
            topic: record.topic, partition: record.partition, offset: record.offset, life: life, lane: lane[0],
            epoch: lane[1], sequence: sequence, id: id, key: String(decoding: key, as: UTF8.self),
            number: data["number"] as? Int ?? 0)
    }
}
