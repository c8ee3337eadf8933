internal import CRdKafka

/// The consumer's thread: performs commands, waits for events, and hands records over in batches.
///
/// A partition that is assigned but held back is simply not in the client's own assignment, so nothing is fetched for it;
/// the group's bookkeeping does not depend on that. `start` adds it with its offset.
struct ConsumerLoop {
    let client: RDKafkaClient
    let delegate: any KafkaConsumerDelegate
    let limits: ConsumerLimits
    let isReader: Bool
    let core: ConsumerCore

    /// What the group gave this member.
    private(set) var owned: Set<TopicPartition> = []
    /// What of it is read, and where reading began.
    var started: [TopicPartition: Int64] = [:]
    var paused: Set<TopicPartition> = []

    /// When to look again for offsets beyond the end; nil where the broker itself reports them.
    private var endCheck: ContinuousClock.Instant?
    private var commitsUnderWay = 0
    private var batch: [KafkaRecord] = []
    private var batchBytes = 0
    private var decoder = RecordDecoder()

    init(
        client: RDKafkaClient, delegate: any KafkaConsumerDelegate, limits: ConsumerLimits, isReader: Bool,
        looksForEnds: Bool, core: ConsumerCore
    ) {
        self.client = client
        self.delegate = delegate
        self.limits = limits
        self.isReader = isReader
        self.core = core
        endCheck = looksForEnds ? .now : nil
    }

    mutating func run() {
        while !performWork() {
            checkEnds()
            guard let event = rd_kafka_queue_poll(client.queue, endCheck == nil ? 10_000 : 250) else { continue }
            serve(event)
            drain()
        }
        deliver()
    }

    /// Takes what is there already, so that a batch costs no further wait, and hands it over.
    private mutating func drain() {
        while !batch.isEmpty, batch.count < limits.records, batchBytes < limits.bytes,
            let event = rd_kafka_queue_poll(client.queue, 0)
        {
            serve(event)
        }
        deliver()
    }

    private mutating func serve(_ event: OpaquePointer) {
        defer { rd_kafka_event_destroy(event) }
        switch rd_kafka_event_type(event) {
        case RD_KAFKA_EVENT_FETCH: take(event)
        case RD_KAFKA_EVENT_REBALANCE: rebalance(event)
        case RD_KAFKA_EVENT_OFFSET_COMMIT: committed(event)
        case RD_KAFKA_EVENT_ERROR: failed(event)
        default: break
        }
    }

    private mutating func take(_ event: OpaquePointer) {
        guard let message = rd_kafka_event_message_next(event) else { return }
        guard message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
            deliver()
            let partition = decoder.partition(of: message)
            let detail = message.pointee.payload.map { String(cString: $0.assumingMemoryBound(to: CChar.self)) }
            delegate.failed(
                KafkaError(message.pointee.err, "reading \(partition)", detail: detail), partition: partition)
            return
        }
        let record = decoder.record(message)
        batchBytes += (record.key?.count ?? 0) + (record.value?.count ?? 0)
        batch.append(record)
    }

    private mutating func deliver() {
        guard !batch.isEmpty else { return }
        let records = batch
        batch = []
        batch.reserveCapacity(min(records.count, limits.records))
        batchBytes = 0
        delegate.records(records)
    }

    private mutating func failed(_ event: OpaquePointer) {
        deliver()
        let detail = rd_kafka_event_error_string(event).map { String(cString: $0) }
        var error = KafkaError(rd_kafka_event_error(event), "consumer", detail: detail)
        error.isFatal = rd_kafka_event_error_is_fatal(event) != 0
        var partition: TopicPartition?
        if let entry = rd_kafka_event_topic_partition(event) {
            partition = TopicPartition(String(cString: entry.pointee.topic), entry.pointee.partition)
            rd_kafka_topic_partition_destroy(entry)
        }
        delegate.failed(error, partition: partition)
    }

    private mutating func committed(_ event: OpaquePointer) {
        commitsUnderWay -= 1
        let code = rd_kafka_event_error(event)
        let entries = RDKafkaPartitionList.entries(rd_kafka_event_topic_partition_list(event))
        let firstError =
            code != RD_KAFKA_RESP_ERR_NO_ERROR ? code : entries.map(\.error).first { $0 != RD_KAFKA_RESP_ERR_NO_ERROR }
        let offsets = Dictionary(entries.map { ($0.partition, $0.offset) }) { _, new in new }
        delegate.committed(offsets, error: firstError.map { KafkaError($0, "commit of \(offsets.count) partitions") })
    }
}

// MARK: - Rebalances

extension ConsumerLoop {
    private mutating func rebalance(_ event: OpaquePointer) {
        // What was read before belongs before.
        deliver()
        let code = rd_kafka_event_error(event)
        let partitions = RDKafkaPartitionList.entries(rd_kafka_event_topic_partition_list(event)).map(\.partition)
        if code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            assign(partitions)
        } else {
            let isLost = rd_kafka_assignment_lost(client.pointer) != 0
            if isLost { delegate.lost(partitions) } else { delegate.revoked(partitions) }
            revoke(partitions, isLost: isLost)
        }
    }

    private mutating func assign(_ partitions: [TopicPartition]) {
        owned.formUnion(partitions)
        let offsets = delegate.assigned(partitions).filter { owned.contains($0.key) }
        // Also when nothing starts yet: the call is what tells the group that the assignment was accepted.
        add(offsets.mapValues(\.rawValue), answersRebalance: true)
    }

    private mutating func revoke(_ partitions: [TopicPartition], isLost: Bool) {
        // Commits asked for in `revoked` go out before the partitions do.
        let commits = core.takeCommits()
        if !isLost { commit(commits) }
        let gone = Set(partitions)
        let stopping = started.filter { gone.contains($0.key) }
        owned.subtract(gone)
        paused.subtract(gone)
        for partition in gone { started[partition] = nil }
        if isCooperative {
            let error = RDKafkaPartitionList.with(stopping.map { ($0.key, $0.value) }) {
                rd_kafka_incremental_unassign(client.pointer, $0)
            }
            report(KafkaError(taking: error, "giving up \(partitions.count) partitions"))
        } else {
            report(rd_kafka_assign(client.pointer, nil), "giving up \(partitions.count) partitions")
        }
    }

    var isCooperative: Bool {
        rd_kafka_rebalance_protocol(client.pointer).map { String(cString: $0) == "COOPERATIVE" } ?? false
    }
}

// MARK: - Commands

extension ConsumerLoop {
    /// Does what callers asked for; true when that includes closing.
    private mutating func performWork() -> Bool {
        let (commands, commits, isClosing) = core.takeWork()
        var starts: [TopicPartition: Int64] = [:]
        for command in commands {
            switch command {
            case .subscribe(let topics): subscribe(topics)
            case .start(let partition, let offset): starts[partition] = offset.rawValue
            case .stop(let partition): stop(partition)
            case .pause(let partitions): setPaused(true, partitions)
            case .resume(let partitions): setPaused(false, partitions)
            case .commit: break
            }
        }
        // All at once: an assignment under the eager protocol is replaced as a whole.
        start(starts)
        commit(commits)
        return isClosing
    }

    private func subscribe(_ topics: [String]) {
        let code = RDKafkaPartitionList.with(topics.map { (TopicPartition($0, -1), 0) }) {
            rd_kafka_subscribe(client.pointer, $0)
        }
        report(code, "subscribing to \(topics.joined(separator: ", "))")
    }

    private mutating func start(_ wanted: [TopicPartition: Int64]) {
        let mine = isReader ? wanted : wanted.filter { owned.contains($0.key) }
        let seeks = mine.filter { started[$0.key] != nil }
        if !seeks.isEmpty {
            let error = RDKafkaPartitionList.with(seeks.map { ($0.key, $0.value) }) {
                rd_kafka_seek_partitions(client.pointer, $0, 0)
            }
            report(KafkaError(taking: error, "seeking \(seeks.keys.sorted())"))
        }
        setPaused(false, seeks.keys.filter { paused.contains($0) })
        let new = mine.filter { started[$0.key] == nil }
        if !new.isEmpty { add(new, answersRebalance: false) }
    }

    /// Adds partitions to what the client fetches.
    private mutating func add(_ offsets: [TopicPartition: Int64], answersRebalance: Bool) {
        if isReader || isCooperative {
            let error = RDKafkaPartitionList.with(offsets.map { ($0.key, $0.value) }) {
                rd_kafka_incremental_assign(client.pointer, $0)
            }
            report(KafkaError(taking: error, "starting \(offsets.keys.sorted())"))
        } else {
            // The eager protocol knows only whole assignments: those read already go on where they are.
            let going = positions()
            let all = going.merging(offsets) { _, new in new }
            let code = RDKafkaPartitionList.with(all.map { ($0.key, $0.value) }) { rd_kafka_assign(client.pointer, $0) }
            report(code, "starting \(offsets.keys.sorted())")
            repause(Set(going.keys))
        }
        started.merge(offsets) { _, new in new }
    }

    /// Where the partitions that are read have got to.
    private func positions() -> [TopicPartition: Int64] {
        let entries = RDKafkaPartitionList.with(started.map { ($0.key, $0.value) }) { list in
            rd_kafka_position(client.pointer, list)
            return RDKafkaPartitionList.entries(list)
        }
        return Dictionary(
            entries.map { ($0.partition, $0.offset >= 0 ? $0.offset : started[$0.partition] ?? $0.offset) }
        ) { _, new in new }
    }

    private mutating func stop(_ partition: TopicPartition) {
        guard let offset = started.removeValue(forKey: partition) else { return }
        paused.remove(partition)
        let error = RDKafkaPartitionList.with([(partition, offset)]) {
            rd_kafka_incremental_unassign(client.pointer, $0)
        }
        report(KafkaError(taking: error, "stopping \(partition)"))
    }

    private mutating func setPaused(_ pausing: Bool, _ partitions: [TopicPartition]) {
        let mine = partitions.filter { started[$0] != nil }
        if pausing { paused.formUnion(mine) } else { paused.subtract(mine) }
        guard !mine.isEmpty else { return }
        let code = RDKafkaPartitionList.with(mine.map { ($0, 0) }) {
            pausing ? rd_kafka_pause_partitions(client.pointer, $0) : rd_kafka_resume_partitions(client.pointer, $0)
        }
        report(code, "\(pausing ? "pausing" : "resuming") \(mine.sorted())")
    }

    private mutating func repause(_ partitions: Set<TopicPartition>) {
        let again = paused.intersection(partitions)
        if !again.isEmpty { setPaused(true, Array(again)) }
    }

    private mutating func commit(_ offsets: [TopicPartition: Int64]) {
        guard !offsets.isEmpty else { return }
        commitsUnderWay += 1
        let code = RDKafkaPartitionList.with(offsets.map { ($0.key, $0.value) }) {
            rd_kafka_commit(client.pointer, $0, 1)
        }
        report(code, "committing \(offsets.keys.sorted())")
    }

    private func report(_ code: rd_kafka_resp_err_t, _ context: String) {
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { report(KafkaError(code, context)) }
    }

    private func report(_ error: KafkaError?) {
        if let error { delegate.failed(error, partition: nil) }
    }
}

// MARK: - Offsets beyond the end

extension ConsumerLoop {
    /// Stops partitions whose position lies beyond their end, as a Kafka broker would: the embedded one answers such
    /// fetches with nothing, for ever. It happens when the broker came back empty.
    private mutating func checkEnds() {
        guard let due = endCheck, due <= .now else { return }
        endCheck = .now + .milliseconds(250)
        for (partition, position) in started.isEmpty ? [:] : positions() {
            var (low, high) = (Int64(-1), Int64(-1))
            let code = rd_kafka_get_watermark_offsets(
                client.pointer, partition.topic, partition.partition, &low, &high)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR, high >= 0, position > high, !paused.contains(partition) else {
                continue
            }
            setPaused(true, [partition])
            let error = KafkaError(
                .offsetOutOfRange, "reading \(partition): offset \(position) is beyond its end \(high)")
            delegate.failed(error, partition: partition)
        }
    }
}

// MARK: - The end

extension ConsumerLoop {
    /// Ends the membership, for a bounded time: without a broker nobody answers.
    mutating func end(_ ending: ConsumerCore.Ending) {
        switch ending {
        case .leave: leave()
        case .fallSilent: fallSilent()
        }
    }

    private mutating func leave() {
        report(KafkaError(taking: rd_kafka_consumer_close_queue(client.pointer, client.queue), "leaving the group"))
        serve(for: .seconds(5)) { rd_kafka_consumer_closed($0.client.pointer) != 0 }
    }

    private mutating func fallSilent() {
        guard !owned.isEmpty else { return }
        delegate.revoked(owned.sorted())
        owned = []
        commit(core.takeCommits())
        serve(for: .seconds(1)) { $0.commitsUnderWay == 0 }
    }

    /// Serves what still comes, without records, until `isOver`.
    private mutating func serve(for limit: Duration, until isOver: (ConsumerLoop) -> Bool) {
        let deadline = ContinuousClock.now + limit
        while !isOver(self), .now < deadline {
            guard let event = rd_kafka_queue_poll(client.queue, 50) else { continue }
            if rd_kafka_event_type(event) == RD_KAFKA_EVENT_FETCH {
                rd_kafka_event_destroy(event)
            } else {
                serve(event)
            }
        }
    }
}
