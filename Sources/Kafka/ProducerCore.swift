internal import CRdKafka
import Synchronization

/// What a producer's callers share with its thread.
///
/// The thread owns the client: it alone polls it and, when closed, frees it. Callers use it under the lock and only while
/// `isClosed` is false, so nobody can meet a freed pointer.
final class ProducerCore: Sendable {
    typealias Completion = @Sendable (Result<Void, KafkaError>) -> Void

    private struct State: ~Copyable {
        var isClosed = false
        /// From here on the client is about to be freed, and only the thread may touch it.
        var isEnding = false
        var isFreed = false
        /// librdkafka's handle per topic, so that a record needs no look-up by name inside it.
        var topics: [String: TopicHandle] = [:]
        var waiters: [(deadline: ContinuousClock.Instant, done: Completion)] = []
        var closers: [Completion] = []
        var closeDeadline: ContinuousClock.Instant?
        var fatal: KafkaError?
        var spacing: RequestSpacing<(tag: UInt64, record: OutgoingRecord)>
        /// Kept where requests are spaced, which they are for the embedded broker.
        var beginnings = PartitionBeginnings()
        /// Until when the thread waits at the most, as far as it knows.
        var wakesAt: ContinuousClock.Instant?

        init(spacing gap: Duration) { spacing = RequestSpacing(gap: gap) }
    }

    let client: RDKafkaClient
    private let reports: @Sendable ([DeliveryReport]) -> Void
    private let failed: @Sendable (KafkaError) -> Void
    private let heldLimit: Int
    private let topicsMax: Int
    private let state: Mutex<State>
    private let unreported = Atomic<Int>(0)

    /// `spacing`: see `KafkaConfiguration.requestSpacing`; at most `heldLimit` records are held back for it.
    init(
        _ client: RDKafkaClient, spacing: Duration, heldLimit: Int, topicsMax: Int,
        reports: @escaping @Sendable ([DeliveryReport]) -> Void,
        failed: @escaping @Sendable (KafkaError) -> Void
    ) {
        self.client = client
        self.heldLimit = heldLimit
        self.topicsMax = topicsMax
        state = Mutex(State(spacing: spacing))
        self.reports = reports
        self.failed = failed
    }

    var pending: Int { unreported.load(ordering: .acquiring) }
}

// MARK: - What callers do

extension ProducerCore {
    func produce(_ records: [(tag: UInt64, record: OutgoingRecord)]) -> (accepted: Int, error: KafkaError?) {
        state.withLock { state in
            if let fatal = state.fatal { return (0, fatal) }
            if state.isClosed { return (0, .closed("produce")) }
            let now = ContinuousClock.now
            defer { wakeInTime(state) }
            // In place: a copy of a record counts references to all that it holds.
            return records.withUnsafeBufferPointer { records in
                for index in records.indices {
                    if let error = take(records[index].record, tag: records[index].tag, &state, now: now) {
                        return (index, error)
                    }
                }
                return (records.count, nil)
            }
        }
    }

    /// Hands a record to the client, or holds it back for a while; the error says why neither could be done.
    private func take(
        _ record: OutgoingRecord, tag: UInt64, _ state: inout State, now: ContinuousClock.Instant
    ) -> KafkaError? {
        if state.spacing.isOn, mustWait(record, &state, now: now) {
            guard state.spacing.count < heldLimit else {
                return KafkaError(RD_KAFKA_RESP_ERR__QUEUE_FULL, "record for \(record.topic)")
            }
            unreported.add(1, ordering: .releasing)
            state.spacing.hold((tag, record), for: TopicPartition(record.topic, record.partition))
            return nil
        }
        let topic = topicHandle(record.topic, &state)
        // Counted before, so that a report that overtakes this line finds it counted.
        unreported.add(1, ordering: .releasing)
        guard let error = record.hand(to: client, topic, tag: tag) else { return nil }
        unreported.subtract(1, ordering: .releasing)
        state.beginnings.giveBack(TopicPartition(record.topic, record.partition))
        return error
    }

    private func mustWait(_ record: OutgoingRecord, _ state: inout State, now: ContinuousClock.Instant) -> Bool {
        let partition = TopicPartition(record.topic, record.partition)
        if state.spacing.mustWait(partition, now: now) { return true }
        return !state.beginnings.isBegun(partition) && !state.beginnings.begins(partition)
    }

    /// Lets the thread know of records that are due before it would look again.
    private func wakeInTime(_ state: borrowing State) {
        guard let due = state.spacing.due, let wakesAt = state.wakesAt, due < wakesAt else { return }
        client.wake()
    }

    func flush(within limit: Duration, _ done: @escaping Completion) {
        let isFreed = state.withLock { state in
            if !state.isFreed { state.waiters.append((.now + limit, done)) }
            if !state.isEnding { client.wake() }
            return state.isFreed
        }
        if isFreed { done(.success(())) }
    }

    func close(flushing limit: Duration, _ done: @escaping Completion) {
        let isFreed = state.withLock { state in
            if state.isFreed { return true }
            if !state.isClosed { state.closeDeadline = .now + limit }
            state.isClosed = true
            state.closers.append(done)
            if !state.isEnding { client.wake() }
            return false
        }
        if isFreed { done(.success(())) }
    }

    /// librdkafka keeps what it knows of a topic until the client ends, whoever lets go of it, and looks through all of them each second, through
    /// unknown ones in quadratic time: twenty thousand brought it to a stand. So a client that has met too many takes nothing more, and is
    /// replaced as after any fatal error.
    private func topicHandle(_ name: String, _ state: inout State) -> TopicHandle {
        if let handle = state.topics[name] { return handle }
        if state.topics.count >= topicsMax, state.fatal == nil {
            state.fatal = KafkaError(
                .fatal, "the producer has written to \(state.topics.count) topics; another one goes on", isFatal: true)
        }
        let handle = TopicHandle(client, name)
        state.topics[name] = handle
        return handle
    }
}

// MARK: - The thread

extension ProducerCore {
    /// Serves reports until closed, then gives up what is left, frees the client, and tells everybody who waits.
    func run() {
        while !settle() {
            handOverHeld()
            poll(milliseconds: untilNextDeadline())
        }
        giveUpHeld()
        rd_kafka_purge(client.pointer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
        let deadline = ContinuousClock.now + .seconds(5)
        while pending > 0, .now < deadline { poll(milliseconds: 50) }
        state.withLock { state in
            state.isEnding = true
            state.topics = [:]
        }
        // Outside the lock, because ending the client's threads may take a moment.
        client.destroy()
        let waiting = state.withLock { state in
            state.isFreed = true
            let waiting = state.waiters.map(\.done) + state.closers
            state.waiters = []
            state.closers = []
            return waiting
        }
        for done in waiting { done(.success(())) }
    }

    /// Hands over what was held back and is due; everything where somebody waits for the end.
    private func handOverHeld() {
        let refused = state.withLock { state -> [DeliveryReport] in
            var refused: [DeliveryReport] = []
            let everything = state.isClosed || !state.waiters.isEmpty
            for (partition, items) in state.spacing.take(now: .now, everything: everything) {
                let isBegun = state.beginnings.isBegun(partition)
                for (index, item) in items.enumerated() {
                    if !isBegun, !state.beginnings.begins(partition) {
                        state.spacing.putBack(items[index...], for: partition)
                        break
                    }
                    let topic = topicHandle(item.record.topic, &state)
                    guard let error = item.record.hand(to: client, topic, tag: item.tag) else { continue }
                    state.beginnings.giveBack(partition)
                    if error.code == .queueFull {
                        state.spacing.putBack(items[index...], for: partition)
                        break
                    }
                    refused.append(
                        DeliveryReport(tag: item.tag, partition: item.record.partition, offset: -1, error: error))
                }
            }
            return refused
        }
        report(refused)
    }

    private func giveUpHeld() {
        let left = state.withLock { $0.spacing.take(now: .now, everything: true) }
        report(
            left.flatMap(\.items).map { item in
                DeliveryReport(
                    tag: item.tag, partition: item.record.partition, offset: -1,
                    error: KafkaError(RD_KAFKA_RESP_ERR__PURGE_QUEUE, "record for \(item.record.topic)"))
            })
    }

    private func report(_ batch: [DeliveryReport]) {
        guard !batch.isEmpty else { return }
        reports(batch)
        unreported.subtract(batch.count, ordering: .releasing)
    }

    /// Tells those whose flush is over; true when it is time to stop.
    private func settle() -> Bool {
        let now = ContinuousClock.now
        let pending = pending
        let (over, stop) = state.withLock { state in
            let over = state.waiters.filter { pending == 0 || $0.deadline <= now }
            if !over.isEmpty { state.waiters.removeAll { pending == 0 || $0.deadline <= now } }
            let stop = state.isClosed && (pending == 0 || state.closeDeadline.map { $0 <= now } ?? true)
            return (over, stop)
        }
        let result: Result<Void, KafkaError> =
            pending == 0
            ? .success(())
            : .failure(KafkaError(.timedOut, "flush: \(pending) records are not delivered yet", isRetriable: true))
        for waiter in over { waiter.done(result) }
        return stop
    }

    /// Without anybody waiting for a deadline, the wait is ended by events and `wake` alone; the bound is only a net.
    private func untilNextDeadline() -> Int32 {
        let next = state.withLock { state in
            let deadlines = state.waiters.map(\.deadline) + [state.closeDeadline, state.spacing.due].compactMap(\.self)
            let next = deadlines.min() ?? .now + .seconds(10)
            state.wakesAt = next
            return next
        }
        return Int32(clamping: max(0, (next - .now).milliseconds))
    }

    private func poll(milliseconds: Int32) {
        guard let event = rd_kafka_queue_poll(client.queue, milliseconds) else { return }
        var batch: [DeliveryReport] = []
        switch rd_kafka_event_type(event) {
        case RD_KAFKA_EVENT_DR: batch = deliveries(event)
        case RD_KAFKA_EVENT_ERROR: fail(event)
        default: break
        }
        // The event's records count towards the queue's limit until it is freed: whoever waits for a report to try again must find room.
        rd_kafka_event_destroy(event)
        report(batch)
    }

    private func deliveries(_ event: OpaquePointer) -> [DeliveryReport] {
        let count = rd_kafka_event_message_count(event)
        var messages = [UnsafePointer<rd_kafka_message_t>?](repeating: nil, count: count)
        let filled = rd_kafka_event_message_array(event, &messages, count)
        let taken = messages.prefix(filled).compactMap(\.self)
        var reports = taken.map { DeliveryReport($0.pointee) }
        note(taken, &reports)
        return reports
    }

    /// Tells the partitions' beginnings of reports, where any is concerned, and the reports what that makes of their errors.
    private func note(_ messages: [UnsafePointer<rd_kafka_message_t>], _ reports: inout [DeliveryReport]) {
        let hasErrors = reports.contains { $0.error != nil }
        state.withLock { state in
            guard state.spacing.isOn, hasErrors || state.beginnings.isAwaiting else { return }
            for (index, message) in messages.enumerated() {
                guard let name = message.pointee.rkt.flatMap({ rd_kafka_topic_name($0) }) else { continue }
                let partition = TopicPartition(String(cString: name), reports[index].partition)
                reports[index].error = state.beginnings.reported(partition, reports[index].error)
            }
        }
    }

    private func fail(_ event: OpaquePointer) {
        var error = KafkaError(
            rd_kafka_event_error(event), "producer",
            detail: rd_kafka_event_error_string(event).map { String(cString: $0) })
        // The event names the cause itself, or only that there is one.
        if rd_kafka_event_error_is_fatal(event) != 0 || error.code == .fatal {
            var text = [CChar](repeating: 0, count: 512)
            let cause = rd_kafka_fatal_error(client.pointer, &text, text.count)
            error = KafkaError(.init(cause), "producer: \(String(terminated: text))", isFatal: true)
            state.withLock { $0.fatal = error }
        }
        state.withLock { $0.beginnings.forget() }
        failed(error)
    }
}

extension DeliveryReport {
    fileprivate init(_ message: rd_kafka_message_t) {
        let failed = message.err != RD_KAFKA_RESP_ERR_NO_ERROR
        self.init(
            tag: UInt64(UInt(bitPattern: message._private)), partition: message.partition,
            offset: failed ? -1 : max(-1, message.offset),
            error: failed ? KafkaError(message.err, "record for partition \(message.partition)") : nil)
    }
}
