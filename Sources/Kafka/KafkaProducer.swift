internal import CRdKafka
internal import MeshCore

/// Writes records with idempotence (but see `KafkaConfiguration.isEmbedded`) and `acks=all`; each accepted record gets exactly one delivery report.
///
/// Records of one partition are written in the order of the calls. A record never times out: while brokers are away it
/// waits in a bounded queue, and at the bound `produce` refuses further ones with `queueFull`. After a fatal error
/// (`KafkaError.isFatal`) the producer takes nothing more: close it and make a new one.
package final class KafkaProducer: Sendable {
    let core: ProducerCore

    /// The largest record that is taken; the topics that the mesh creates take it, too.
    package static let maximumRecordBytes = 4 << 20

    /// Starts a producer; `reports` and `failed` are called on its own thread and must not block for long.
    ///
    /// It writes to `topicsMax` topics, whose names may come from outside; then it takes nothing more, as after a fatal error.
    package init(
        _ configuration: KafkaConfiguration, linger: Duration = .zero, queueLimit: Int = 100_000,
        topicsMax: Int = 10_000,
        reports: @escaping @Sendable ([DeliveryReport]) -> Void,
        failed: @escaping @Sendable (KafkaError) -> Void = KafkaProducer.logFailure
    ) throws(KafkaError) {
        let settings =
            configuration.writing + [
                ("linger.ms", "\(linger.milliseconds)"), ("queue.buffering.max.messages", "\(queueLimit)"),
                // Data may have 1 MiB, and headers come on top; the client's default would refuse that.
                ("message.max.bytes", "\(KafkaProducer.maximumRecordBytes)"),
            ] + configuration.overrides.sorted { $0.key < $1.key }
        let client = try RDKafkaClient(
            RD_KAFKA_PRODUCER, settings, events: RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR)
        core = ProducerCore(
            client, spacing: configuration.requestSpacing, heldLimit: queueLimit, topicsMax: topicsMax,
            reports: reports, failed: failed)
        let core = core
        DedicatedThread.start("kafka-producer") { core.run() }
    }

    deinit { core.close(flushing: .zero) { _ in } }

    /// Hands one record over; `tag` comes back in its report. Throws `queueFull` at the bound.
    package func produce(_ record: OutgoingRecord, tag: UInt64 = 0) throws(KafkaError) {
        let (_, error) = core.produce([(tag, record)])
        if let error { throw error }
    }

    /// Hands records over in order and stops at the first that is refused: how many were accepted, and why no more.
    package func produceBatch(_ records: [(tag: UInt64, record: OutgoingRecord)])
        -> (accepted: Int, error: KafkaError?)
    {
        core.produce(records)
    }

    /// How many accepted records have no report yet.
    package var pending: Int { core.pending }

    /// Waits until every accepted record has its report; throws `timedOut` when that takes longer than `limit`.
    package func flush(within limit: Duration) async throws(KafkaError) {
        let result = await withCheckedContinuation { continuation in
            core.flush(within: limit) { continuation.resume(returning: $0) }
        }
        try result.get()
    }

    /// Takes no more records, waits up to `limit` for those it has, reports the others as purged, and frees the client.
    ///
    /// Closing twice is safe: the second call waits for the first.
    package func close(flushing limit: Duration = .seconds(5)) async {
        await withCheckedContinuation { continuation in
            core.close(flushing: limit) { _ in continuation.resume() }
        }
    }

    /// Takes no more records from now on and reports those it has as purged, without waiting for that; `done` is called when it is over.
    ///
    /// May be called from `reports`: what it has is given up as soon as that has returned.
    package func giveUp(_ done: @escaping @Sendable () -> Void) { core.close(flushing: .zero) { _ in done() } }

    /// Writes a failure of the client itself, not of one record, to the log.
    package static func logFailure(_ error: KafkaError) {
        KafkaLog.write(
            KafkaLog.level(of: error), kind: "\(error.code)", error.message + KafkaLog.remark(on: error),
            ["code": "\(error.code)"])
    }
}
