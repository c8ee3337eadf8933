internal import CRdKafka

/// Records on their way from the client's queues to the delegate.
extension ConsumerLoop {
    /// Takes what the client has fetched of what isn't paused, each partition in turn, and hands it over; true when there may be more.
    mutating func takeFetched() -> Bool {
        for partition in arrivals.take() { filled.add(partition) }
        var left = filled.count
        while left > 0, batch.count < limits.records, batchBytes < limits.bytes, let partition = filled.next() {
            left -= 1
            guard mayTake(partition), let queue = queues[partition], take(queue) else { continue }
            // Whoever has more goes behind the others.
            filled.add(partition)
        }
        deliver()
        return !filled.isEmpty
    }

    private func mayTake(_ partition: TopicPartition) -> Bool {
        reading[partition] != nil && !paused.contains(partition) && !halted.contains(partition)
    }

    /// True when the batch was full before the queue was empty.
    private mutating func take(_ queue: PartitionQueue) -> Bool {
        while batch.count < limits.records, batchBytes < limits.bytes {
            guard let event = queue.poll() else { return false }
            serve(event)
        }
        return true
    }

    mutating func take(_ event: OpaquePointer) {
        guard let message = rd_kafka_event_message_next(event) else { return }
        guard message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
            deliver()
            let partition = decoder.partition(of: message)
            let detail = message.pointee.payload.map { String(cString: $0.assumingMemoryBound(to: CChar.self)) }
            tell(KafkaError(message.pointee.err, "reading \(partition)", detail: detail), of: partition)
            return
        }
        let record = decoder.record(message)
        batchBytes += (record.key?.count ?? 0) + (record.value?.count ?? 0)
        batch.append(record)
    }

    mutating func deliver() {
        guard !batch.isEmpty else { return }
        let records = watch == nil ? batch : withoutWhatFollowsHoles(batch)
        batch = []
        batch.reserveCapacity(min(records.count, limits.records))
        batchBytes = 0
        guard !records.isEmpty else { return }
        noteProgress(records)
        if !holes.isEmpty { holes = holes.filter { reading[$0.key] == $0.value.offset } }
        delegate.records(records)
    }

    /// Has a queue for each of these, and looks into it: what is read from another offset now may be in it already.
    mutating func openQueues(_ partitions: some Sequence<TopicPartition>) {
        for partition in partitions {
            queues[partition] = queues[partition] ?? PartitionQueue(partition, of: client, arrivals: arrivals)
            filled.add(partition)
        }
    }

    /// Before the client is freed, and where it is another one.
    mutating func releaseQueues() {
        queues = [:]
        filled = PartitionTurns()
    }
}
