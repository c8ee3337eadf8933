internal import CRdKafka

/// The consumer's thread: performs commands, waits for events, and hands records over in batches.
///
/// A partition that is assigned but held back is simply not in the client's own assignment, so nothing is fetched for it;
/// the group's bookkeeping does not depend on that. `start` adds it with its offset.
struct ConsumerLoop {
    var client: RDKafkaClient
    let delegate: any KafkaConsumerDelegate
    let limits: ConsumerLimits
    let isReader: Bool
    let core: ConsumerCore

    /// What the group gave this member.
    var owned: Set<TopicPartition> = []
    /// What of it is read: the offset of the next record to hand over (or where reading begins).
    var reading: [TopicPartition: Int64] = [:]
    /// What the owner asked to be paused.
    var paused: Set<TopicPartition> = []
    /// What isn't taken from because its offset lies beyond its end, until it is started elsewhere.
    var halted: Set<TopicPartition> = []
    /// What the client has fetched of what is read.
    var queues: [TopicPartition: PartitionQueue] = [:]
    /// Those that may hold something, in turn; what is paused isn't among them.
    var filled = PartitionTurns()
    var arrivals: PartitionQueue.Arrivals
    /// What shall be read from elsewhere.
    var seeks = PendingSeeks()
    /// What shall be read and isn't yet.
    var starts = PendingStarts()

    /// What the group was joined for.
    var topics: [String] = []
    /// Looks after what the embedded broker leaves to its clients; nil for every other.
    var watch: EmbeddedBrokerWatch?
    var isBrokerGone = false
    var holes: [TopicPartition: Hole] = [:]
    var commitsUnderWay = 0
    var batch: [KafkaRecord] = []
    var batchBytes = 0
    var decoder = RecordDecoder()

    init(
        client: RDKafkaClient, delegate: any KafkaConsumerDelegate, limits: ConsumerLimits, isReader: Bool,
        watch: EmbeddedBrokerWatch?, core: ConsumerCore
    ) {
        self.client = client
        arrivals = PartitionQueue.Arrivals { client.wake() }
        self.delegate = delegate
        self.limits = limits
        self.isReader = isReader
        self.core = core
        self.watch = watch
    }

    /// Why `run` came back.
    enum Stop {
        case closing
        /// The broker's fetches end before they find anything; another client must be more patient.
        case starved
        /// The embedded broker has gone, and its topics with it; a client that knows them must not meet the next one.
        case brokerGone
    }

    mutating func run() -> Stop {
        while !performWork() {
            beginReading()
            if watch != nil, lookAfterPartitions() {
                deliver()
                return .starved
            }
            let isFull = takeFetched()
            // With more to take there is no wait for other things, only a look.
            if let event = isFull ? rd_kafka_queue_poll(client.queue, 0) : waitForEvent() { serve(event) }
            if isBrokerGone { return .brokerGone }
        }
        deliver()
        return .closing
    }

    private mutating func waitForEvent() -> OpaquePointer? {
        let began = ContinuousClock.now
        let longest: Duration = watch == nil ? .seconds(10) : .milliseconds(250)
        let wait = [starts.due, seeks.due].compactMap { $0.map { max(.zero, $0 - began) } }.min() ?? longest
        defer { watch?.idle += .now - began }
        return rd_kafka_queue_poll(client.queue, Int32(clamping: min(wait, longest).milliseconds))
    }

    mutating func serve(_ event: OpaquePointer) {
        defer { rd_kafka_event_destroy(event) }
        switch rd_kafka_event_type(event) {
        case RD_KAFKA_EVENT_FETCH: take(event)
        case RD_KAFKA_EVENT_REBALANCE: rebalance(event)
        case RD_KAFKA_EVENT_OFFSET_COMMIT: committed(event)
        case RD_KAFKA_EVENT_ERROR: failed(event)
        default: break
        }
    }

    /// Remembers where each partition has got to: librdkafka forgets it whenever the assignment changes.
    mutating func noteProgress(_ records: [KafkaRecord]) {
        for (index, record) in records.enumerated() {
            if index + 1 < records.count, records[index + 1].partition == record.partition,
                records[index + 1].topic == record.topic
            {
                continue
            }
            let partition = TopicPartition(record.topic, record.partition)
            if reading[partition] != nil { reading[partition] = record.offset + 1 }
        }
    }

    mutating func failed(_ event: OpaquePointer) {
        deliver()
        let detail = rd_kafka_event_error_string(event).map { String(cString: $0) }
        var error = KafkaError(rd_kafka_event_error(event), "consumer", detail: detail)
        error.isFatal = rd_kafka_event_error_is_fatal(event) != 0
        var partition: TopicPartition?
        if let entry = rd_kafka_event_topic_partition(event) {
            partition = TopicPartition(String(cString: entry.pointee.topic), entry.pointee.partition)
            rd_kafka_topic_partition_destroy(entry)
        }
        if watch != nil, error.code == .allBrokersDown, client.hasMetadata { isBrokerGone = true }
        tell(error, of: partition)
    }

    mutating func tell(_ error: KafkaError, of partition: TopicPartition?) {
        // The client fetches such a partition no more, and refuses to be moved in it: it is begun anew by whoever is told.
        if watch == nil, error.code == .offsetOutOfRange, let partition { stop(partition) }
        delegate.failed(error, partition: partition)
    }

    /// Notes that the client is another one.
    mutating func changed(to next: RDKafkaClient) {
        client = next
        arrivals = PartitionQueue.Arrivals { next.wake() }
        releaseQueues()
        isBrokerGone = false
        holes = [:]
        decoder = RecordDecoder()
        commitsUnderWay = 0
    }

    mutating func committed(_ event: OpaquePointer) {
        commitsUnderWay -= 1
        let code = rd_kafka_event_error(event)
        let entries = RDKafkaPartitionList.entries(rd_kafka_event_topic_partition_list(event))
        let firstError =
            code != RD_KAFKA_RESP_ERR_NO_ERROR ? code : entries.map(\.error).first { $0 != RD_KAFKA_RESP_ERR_NO_ERROR }
        let offsets = Dictionary(entries.map { ($0.partition, $0.offset) }) { _, new in new }
        delegate.committed(offsets, error: firstError.map { KafkaError($0, "commit of \(offsets.count) partitions") })
    }
}
