internal import CRdKafka

/// What callers ask for.
extension ConsumerLoop {
    /// Does what callers asked for; true when that includes closing.
    mutating func performWork() -> Bool {
        let (commands, commits, isClosing) = core.takeWork()
        for command in commands {
            switch command {
            case .subscribe(let topics): subscribe(topics)
            case .start(let partition, let offset, let ticket):
                start(partition, Beginning(offset: offset.rawValue(isEmbedded: watch != nil), ticket: ticket))
            case .stop(let partition): stop(partition)
            case .pause(let partitions): setPaused(true, partitions)
            case .resume(let partitions): setPaused(false, partitions)
            case .commit: break
            }
        }
        commit(commits)
        return isClosing
    }

    mutating func subscribe(_ topics: [String]) {
        self.topics = topics
        if topics.isEmpty {
            // The embedded broker's groups may hang when a member leaves: there it stays as it was, and reads what nobody asked for.
            if watch == nil { report(rd_kafka_unsubscribe(client.pointer), "leaving all topics") }
            return
        }
        let code = RDKafkaPartitionList.with(topics.map { (TopicPartition($0, -1), 0) }) {
            rd_kafka_subscribe(client.pointer, $0)
        }
        report(code, "subscribing to \(topics.joined(separator: ", "))")
    }

    /// Takes down what shall be read from where; `beginReading` does it.
    private mutating func start(_ partition: TopicPartition, _ beginning: Beginning) {
        guard isReader || owned.contains(partition) else { return }
        if reading[partition] == nil {
            starts.add(partition, beginning, now: .now)
        } else {
            seeks.add(partition, beginning)
        }
    }

    /// Begins to read what shall be read, as soon as that is sensible.
    mutating func beginReading() {
        let now = ContinuousClock.now
        if seeks.isDue(now) { seek() }
        guard !starts.beginnings.isEmpty else { return }
        // Under the eager protocol each addition begins all fetches anew, so that it is worth waiting for the others' claims.
        let isComplete = reading.count + starts.beginnings.count >= owned.count
        if isReader || isCooperative || isComplete || starts.isDue(now) { add(starts.take()) }
    }

    /// Goes on elsewhere in partitions that are read already; what can't be done yet is tried again.
    private mutating func seek() {
        let wanted = seeks.beginnings.filter { reading[$0.key] != nil }
        seeks = PendingSeeks()
        guard !wanted.isEmpty else { return }
        let done = RDKafkaPartitionList.with(wanted.map { ($0.key, $0.value.offset) }) { list -> [TopicPartition] in
            // With a limit the call tells what came of it, and that nothing of the old position comes any more.
            let error = rd_kafka_seek_partitions(client.pointer, list, 1000)
            let isDone = error == nil
            if let error { rd_kafka_error_destroy(error) }
            return RDKafkaPartitionList.entries(list).filter { isDone && $0.error == RD_KAFKA_RESP_ERR_NO_ERROR }
                .map(\.partition)
        }
        for partition in done {
            guard let beginning = wanted[partition] else { continue }
            reading[partition] = beginning.offset
            halted.remove(partition)
            filled.add(partition)
            if let ticket = beginning.ticket { delegate.started(partition, ticket: ticket) }
        }
        // A partition that is just being assigned refuses to be moved.
        let later = ContinuousClock.now + .milliseconds(20)
        for (partition, beginning) in wanted where !done.contains(partition) {
            seeks.add(partition, beginning, due: later)
        }
    }

    /// Adds partitions to what the client fetches.
    mutating func add(_ beginnings: [TopicPartition: Beginning]) {
        let offsets = beginnings.mapValues(\.offset)
        reading.merge(offsets) { _, new in new }
        openQueues(offsets.keys)
        if isReader || isCooperative {
            let error = RDKafkaPartitionList.with(offsets.map { ($0.key, $0.value) }) {
                rd_kafka_incremental_assign(client.pointer, $0)
            }
            report(KafkaError(taking: error, "starting \(offsets.keys.sorted())"))
        } else {
            // The eager protocol knows only whole assignments: those read already go on where they are.
            let code = RDKafkaPartitionList.with(reading.map { ($0.key, $0.value) }) {
                rd_kafka_assign(client.pointer, $0)
            }
            report(code, "starting \(offsets.keys.sorted())")
        }
        watch?.wasDisturbed()
        for (partition, beginning) in beginnings {
            if let ticket = beginning.ticket { delegate.started(partition, ticket: ticket) }
        }
    }

    mutating func stop(_ partition: TopicPartition) {
        starts.remove(partition)
        seeks.remove(partition)
        guard let offset = reading.removeValue(forKey: partition) else { return }
        paused.remove(partition)
        halted.remove(partition)
        queues[partition] = nil
        // Under the eager protocol a partition leaves with the next whole assignment, and can't alone. Nothing is taken of it until then.
        guard isReader || isCooperative else { return }
        let error = RDKafkaPartitionList.with([(partition, offset)]) {
            rd_kafka_incremental_unassign(client.pointer, $0)
        }
        report(KafkaError(taking: error, "stopping \(partition)"))
    }

    mutating func setPaused(_ pausing: Bool, _ partitions: [TopicPartition]) {
        let mine = partitions.filter { reading[$0] != nil || starts.beginnings[$0] != nil }
        if pausing {
            paused.formUnion(mine)
        } else {
            paused.subtract(mine)
            // What wasn't taken meanwhile announces itself no more.
            for partition in mine { filled.add(partition) }
        }
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
