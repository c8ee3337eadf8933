internal import CRdKafka

/// What the embedded broker leaves to its clients.
extension ConsumerLoop {
    /// Stops partitions whose position lies beyond their end, as a Kafka broker would (the embedded one answers such fetches
    /// with nothing, for ever, after it came back empty); true when its fetches end before they find what is there.
    mutating func lookAfterPartitions() -> Bool {
        let now = ContinuousClock.now
        guard watch?.isDue(now) == true else { return false }
        var progress: [TopicPartition: EmbeddedBrokerWatch.Progress] = [:]
        for (partition, position) in started.isEmpty ? [:] : positions() where !paused.contains(partition) {
            var (low, high) = (Int64(-1), Int64(-1))
            let code = rd_kafka_get_watermark_offsets(
                client.pointer, partition.topic, partition.partition, &low, &high)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR, high >= 0, position >= 0 else { continue }
            if position > high {
                setPaused(true, [partition])
                let error = KafkaError(
                    .offsetOutOfRange, "reading \(partition): offset \(position) is beyond its end \(high)")
                delegate.failed(error, partition: partition)
            } else {
                progress[partition] = .init(position: position, end: high)
            }
        }
        return watch?.isStarving(now, progress) ?? false
    }

    /// Goes on with another client: a reader where it is; a member by joining anew, so that it loses what it had.
    mutating func move(to next: RDKafkaClient) {
        decoder = RecordDecoder()
        commitsUnderWay = 0
        if isReader {
            let (going, held) = (positions(), paused)
            (client, started, paused) = (next, [:], [])
            add(going)
            setPaused(true, Array(held))
        } else {
            if !owned.isEmpty { delegate.lost(owned.sorted()) }
            (client, owned, started, paused) = (next, [], [:], [])
            if !topics.isEmpty { subscribe(topics) }
        }
    }
}
