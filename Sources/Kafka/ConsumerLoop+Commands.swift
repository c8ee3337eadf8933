internal import CRdKafka

/// What callers ask for.
extension ConsumerLoop {
    /// Does what callers asked for; true when that includes closing.
    mutating func performWork() -> Bool {
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

    mutating func subscribe(_ topics: [String]) {
        self.topics = topics
        let code = RDKafkaPartitionList.with(topics.map { (TopicPartition($0, -1), 0) }) {
            rd_kafka_subscribe(client.pointer, $0)
        }
        report(code, "subscribing to \(topics.joined(separator: ", "))")
    }

    mutating func start(_ wanted: [TopicPartition: Int64]) {
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
        if !new.isEmpty { add(new) }
    }

    /// Adds partitions to what the client fetches.
    mutating func add(_ offsets: [TopicPartition: Int64]) {
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
    func positions() -> [TopicPartition: Int64] {
        let entries = RDKafkaPartitionList.with(started.map { ($0.key, $0.value) }) { list in
            rd_kafka_position(client.pointer, list)
            return RDKafkaPartitionList.entries(list)
        }
        return Dictionary(
            entries.map { ($0.partition, $0.offset >= 0 ? $0.offset : started[$0.partition] ?? $0.offset) }
        ) { _, new in new }
    }

    mutating func stop(_ partition: TopicPartition) {
        guard let offset = started.removeValue(forKey: partition) else { return }
        paused.remove(partition)
        let error = RDKafkaPartitionList.with([(partition, offset)]) {
            rd_kafka_incremental_unassign(client.pointer, $0)
        }
        report(KafkaError(taking: error, "stopping \(partition)"))
    }

    mutating func setPaused(_ pausing: Bool, _ partitions: [TopicPartition]) {
        let mine = partitions.filter { started[$0] != nil }
        if pausing { paused.formUnion(mine) } else { paused.subtract(mine) }
        guard !mine.isEmpty else { return }
        let code = RDKafkaPartitionList.with(mine.map { ($0, 0) }) {
            pausing ? rd_kafka_pause_partitions(client.pointer, $0) : rd_kafka_resume_partitions(client.pointer, $0)
        }
        report(code, "\(pausing ? "pausing" : "resuming") \(mine.sorted())")
    }

    mutating func repause(_ partitions: Set<TopicPartition>) {
        let again = paused.intersection(partitions)
        if !again.isEmpty { setPaused(true, Array(again)) }
    }

    mutating func commit(_ offsets: [TopicPartition: Int64]) {
        guard !offsets.isEmpty else { return }
        commitsUnderWay += 1
        let code = RDKafkaPartitionList.with(offsets.map { ($0.key, $0.value) }) {
            rd_kafka_commit(client.pointer, $0, 1)
        }
        report(code, "committing \(offsets.keys.sorted())")
    }

    func report(_ code: rd_kafka_resp_err_t, _ context: String) {
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { report(KafkaError(code, context)) }
    }

    func report(_ error: KafkaError?) {
        if let error { delegate.failed(error, partition: nil) }
    }
}
