internal import CRdKafka

/// Partitions that come and go.
extension ConsumerLoop {
    mutating func rebalance(_ event: OpaquePointer) {
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

    mutating func assign(_ partitions: [TopicPartition]) {
        owned.formUnion(partitions)
        let offsets = delegate.assigned(partitions).filter { owned.contains($0.key) }
        // Also when nothing starts yet: the call is what tells the group that the assignment was accepted.
        add(offsets.mapValues { Beginning(offset: $0.rawValue(isEmbedded: watch != nil), ticket: 0) })
    }

    mutating func revoke(_ partitions: [TopicPartition], isLost: Bool) {
        // Commits asked for in `revoked` go out before the partitions do.
        let commits = core.takeCommits()
        if !isLost { commit(commits) }
        let gone = Set(partitions)
        let stopping = reading.filter { gone.contains($0.key) }
        forget(gone)
        if isCooperative {
            let error = RDKafkaPartitionList.with(stopping.map { ($0.key, $0.value) }) {
                rd_kafka_incremental_unassign(client.pointer, $0)
            }
            report(KafkaError(taking: error, "giving up \(partitions.count) partitions"))
        } else {
            report(rd_kafka_assign(client.pointer, nil), "giving up \(partitions.count) partitions")
        }
    }

    private mutating func forget(_ gone: Set<TopicPartition>) {
        owned.subtract(gone)
        paused.subtract(gone)
        halted.subtract(gone)
        for partition in gone {
            reading[partition] = nil
            queues[partition] = nil
            starts.remove(partition)
            seeks.remove(partition)
        }
    }

    var isCooperative: Bool {
        rd_kafka_rebalance_protocol(client.pointer).map { String(cString: $0) == "COOPERATIVE" } ?? false
    }
}
