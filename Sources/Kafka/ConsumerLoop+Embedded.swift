internal import CRdKafka

/// What the embedded broker leaves to its clients.
extension ConsumerLoop {
    /// Stops partitions whose position lies beyond their end, as a Kafka broker would (the embedded one answers such fetches
    /// with nothing, for ever, after it came back empty); true when its fetches end before they find what is there.
    mutating func lookAfterPartitions() -> Bool {
        let now = ContinuousClock.now
        guard watch?.isDue(now) == true else { return false }
        var progress: [TopicPartition: EmbeddedBrokerWatch.Progress] = [:]
        for (partition, position) in reading
        where position >= 0 && !paused.contains(partition) && !halted.contains(partition)
            && seeks.beginnings[partition] == nil
        {
            guard let high = lastKnownEnd(partition) else { continue }
            if position <= high {
                progress[partition] = .init(position: position, end: high)
            } else if isEndConfirmed(high, partition) {
                halted.insert(partition)
                let error = KafkaError(
                    .offsetOutOfRange, "reading \(partition): offset \(position) is beyond its end \(high)")
                delegate.failed(error, partition: partition)
            }
        }
        return watch?.isStarving(now, progress) ?? false
    }

    /// The end as the last fetch told it, which may be long ago: a partition that comes back to a member keeps it.
    private func lastKnownEnd(_ partition: TopicPartition) -> Int64? {
        var (low, high) = (Int64(-1), Int64(-1))
        let code = rd_kafka_get_watermark_offsets(client.pointer, partition.topic, partition.partition, &low, &high)
        return code == RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0 ? high : nil
    }

    /// Whether nothing was written behind an end that a fetch told: the broker says where the last batch begins, plus one,
    /// which is more than an end that has been left behind.
    private func isEndConfirmed(_ end: Int64, _ partition: TopicPartition) -> Bool {
        var (low, high) = (Int64(-1), Int64(-1))
        let code = rd_kafka_query_watermark_offsets(
            client.pointer, partition.topic, partition.partition, &low, &high, 500)
        return code == RD_KAFKA_RESP_ERR_NO_ERROR && high <= end
    }

    /// Goes on with another client: a reader where it is; a member by joining anew, so that it loses what it had.
    mutating func move(to next: RDKafkaClient) {
        changed(to: next)
        if isReader {
            // What is paused or halted stays so: what was told of the latter asks for another start.
            let going = reading
            reading = [:]
            add(going.mapValues { Beginning(offset: $0, ticket: 0) })
        } else {
            if !owned.isEmpty { delegate.lost(owned.sorted()) }
            (owned, reading, paused, halted) = ([], [:], [], [])
            (starts, seeks) = (PendingStarts(), PendingSeeks())
            if !topics.isEmpty { subscribe(topics) }
        }
    }
}
