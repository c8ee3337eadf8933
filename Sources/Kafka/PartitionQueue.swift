internal import CRdKafka
import Synchronization

/// What the client has fetched of one partition and nobody has taken yet.
///
/// librdkafka puts records of all partitions into one queue unless it is told otherwise, and to pause one it throws its records away, fetches them again
/// after it, and begins to do so up to a second later (nothing wakes its thread). So each partition keeps a queue of its own, bounded by
/// `queued.min.messages` and `queued.max.messages.kbytes`, and one that is paused is just not taken from.
final class PartitionQueue: Sendable {
    private nonisolated(unsafe) let pointer: OpaquePointer
    /// Apart from the queue, which is the consumer's thread's alone: were the client's thread the last to hold it, it would end within its own lock.
    private let signal: Signal

    private final class Signal: Sendable {
        let partition: TopicPartition
        let arrivals: Arrivals

        init(_ partition: TopicPartition, _ arrivals: Arrivals) {
            self.partition = partition
            self.arrivals = arrivals
        }
    }

    /// The partitions whose queues were empty and aren't any more.
    final class Arrivals: Sendable {
        private let partitions = Mutex<[TopicPartition]>([])
        private let wake: @Sendable () -> Void

        init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

        func note(_ partition: TopicPartition) {
            partitions.withLock { $0.append(partition) }
            wake()
        }

        func take() -> [TopicPartition] {
            partitions.withLock { partitions in
                defer { partitions = [] }
                return partitions
            }
        }
    }

    /// Made before the partition is assigned, or its records would go to the client's own queue; nil where the client is out of memory. It must have
    /// gone before the client is freed.
    init?(_ partition: TopicPartition, of client: RDKafkaClient, arrivals: Arrivals) {
        guard let pointer = rd_kafka_queue_get_partition(client.pointer, partition.topic, partition.partition) else {
            return nil
        }
        self.pointer = pointer
        signal = Signal(partition, arrivals)
        rd_kafka_queue_forward(pointer, nil)
        // Called within the queue's lock whenever it was empty: what lies in it already is for the first look.
        rd_kafka_queue_cb_event_enable(
            pointer,
            { _, signal in
                guard let signal else { return }
                let own = Unmanaged<Signal>.fromOpaque(signal).takeUnretainedValue()
                own.arrivals.note(own.partition)
            }, Unmanaged.passUnretained(signal).toOpaque())
    }

    deinit {
        // Waits for a call that is under way.
        rd_kafka_queue_cb_event_enable(pointer, nil, nil)
        rd_kafka_queue_destroy(pointer)
    }

    /// The next event, which its taker frees; nil when there is none.
    func poll() -> OpaquePointer? { rd_kafka_queue_poll(pointer, 0) }
}
