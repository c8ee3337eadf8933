internal import CRdKafka

/// The end of a membership.
extension ConsumerLoop {
    /// Ends the membership, for a bounded time: without a broker nobody answers.
    mutating func end(_ ending: ConsumerCore.Ending) {
        switch ending {
        case .leave: leave()
        case .fallSilent: fallSilent()
        }
    }

    mutating func leave() {
        report(KafkaError(taking: rd_kafka_consumer_close_queue(client.pointer, client.queue), "leaving the group"))
        serve(for: .seconds(5)) { rd_kafka_consumer_closed($0.client.pointer) != 0 }
    }

    mutating func fallSilent() {
        guard !owned.isEmpty else { return }
        delegate.revoked(owned.sorted())
        owned = []
        commit(core.takeCommits())
        serve(for: .seconds(1)) { $0.commitsUnderWay == 0 }
    }

    /// Serves what still comes, without records, until `isOver`.
    mutating func serve(for limit: Duration, until isOver: (ConsumerLoop) -> Bool) {
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
