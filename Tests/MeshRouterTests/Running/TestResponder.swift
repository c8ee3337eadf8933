import Kafka
import MeshCore
import Outbox
import Postgres
import Publishing
import Synchronization
import TestSupport

@testable import MeshRouter

/// Plays the worker: reads the topics of calls and answers as a test says.
final class TestResponder: Sendable {
    /// What to do with a call; nil leaves it without an answer.
    typealias Answer = @Sendable (Message) -> (ReplyStatus, String)?

    /// What was read, in order.
    let messages = Collector<Message>()
    private let reader: Mutex<KafkaReader?> = Mutex(nil)
    private let answers: AnswerProducer
    private let pool: PostgresPool
    private let topics: Mutex<[String: Int32]> = Mutex([:])
    /// Calls that were answered already: a record that is read twice isn't run twice.
    private let seen: Mutex<Set<String>> = Mutex([])

    init(_ kafka: KafkaConfiguration, pool: PostgresPool, answer: @escaping Answer) throws {
        self.pool = pool
        answers = try AnswerProducer(kafka)
        let reader = try KafkaReader(kafka) { [weak self] records in
            self?.take(records, answer)
        } failed: { _, _ in
        }
        self.reader.withLock { $0 = reader }
    }

    /// Reads these topics from their beginnings.
    func read(_ topics: [String: Int32]) {
        for (topic, count) in topics {
            let isNew = self.topics.withLock { $0.updateValue(count, forKey: topic) == nil }
            guard isNew else { continue }
            for partition in 0..<count {
                reader.withLock { $0?.start(TopicPartition(topic, partition), at: .beginning) }
            }
        }
    }

    /// Reads all topics from their beginnings again, as workers do after a broker has lost them.
    func startAnew() {
        for (topic, count) in topics.withLock({ $0 }) {
            for partition in 0..<count {
                reader.withLock { $0?.start(TopicPartition(topic, partition), at: .beginning) }
            }
        }
    }

    private func take(_ records: [KafkaRecord], _ answer: Answer) {
        for record in records {
            let decoded = try? MessageCodec.decode(
                topic: record.topic, partition: record.partition, offset: record.offset,
                timestampMilliseconds: record.timestamp, key: record.key, value: record.value,
                headers: record.headers.map { WireHeader(name: $0.name, value: $0.value ?? []) })
            guard let message = decoded?.message else { continue }
            messages.append(message)
            guard seen.withLock({ $0.insert(message.id).inserted }), let (status, data) = answer(message) else {
                continue
            }
            reply(to: message, status, data)
        }
    }

    /// Sends the answer to a call.
    func reply(to message: Message, _ status: ReplyStatus, _ data: String) {
        if message.extensions.keepsResult {
            let pool = pool
            Task {
                _ = try await pool.query(
                    .oneOff(
                        "INSERT INTO mesh.call_result (slot, id, status, data) VALUES (mesh.active_slot('call_result'), $1::text, $2::text, $3::text)"
                    ), .text(message.id), .text(status.rawValue), .text(data))
            }
        }
        guard let partition = message.extensions.replyTo else { return }
        var extensions = MessageExtensions(replyFor: message.id)
        extensions.status = status
        let reply = Message(
            id: MessageID.make(), type: "mesh.reply", source: "/test", time: .now, key: nil, data: Array(data.utf8),
            extensions: extensions)
        let headers = MessageCodec.headers(of: reply, stamp: nil).map { KafkaHeader(name: $0.name, value: $0.value) }
        answers.send(
            OutgoingRecord(topic: Topics.replies, partition: partition, key: nil, value: reply.data, headers: headers))
    }

    func close() async {
        let reader = reader.withLock { reader in
            defer { reader = nil }
            return reader
        }
        await reader?.close()
        await answers.close()
    }
}

/// Sends answers until Kafka has them, as a worker's lane does: right after a broker came back empty, a client may not know of the topic yet.
private final class AnswerProducer: Sendable {
    private struct State {
        var next: UInt64 = 0
        var pending: [UInt64: OutgoingRecord] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())
    private let producer: Mutex<KafkaProducer?> = Mutex(nil)

    init(_ kafka: KafkaConfiguration) throws {
        let producer = try KafkaProducer(
            kafka,
            reports: { [weak self] reports in
                for report in reports { self?.settle(report.tag, failed: report.error != nil) }
            })
        self.producer.withLock { $0 = producer }
    }

    func send(_ record: OutgoingRecord) {
        let tag = state.withLock { state in
            state.next += 1
            state.pending[state.next] = record
            return state.next
        }
        hand(over: tag, record)
    }

    func close() async {
        state.withLock { $0.isClosed = true }
        await producer.withLock { $0 }?.close(flushing: .zero)
    }

    private func hand(over tag: UInt64, _ record: OutgoingRecord) {
        guard let producer = producer.withLock({ $0 }) else { return }
        if producer.produceBatch([(tag: tag, record: record)]).accepted == 0 { settle(tag, failed: true) }
    }

    private func settle(_ tag: UInt64, failed: Bool) {
        let again = state.withLock { state in
            let record = failed && !state.isClosed ? state.pending[tag] : nil
            if record == nil { state.pending[tag] = nil }
            return record
        }
        guard let again else { return }
        Task {
            // Nobody waits for this time to be enough: it only keeps the client from asking all the while, and goes on until Kafka has it.
            try await Task.sleep(for: .milliseconds(50))
            hand(over: tag, again)
        }
    }
}
