/// How to reach a Kafka cluster and how patient to be with it; shared by producers, consumers and admin clients.
package struct KafkaConfiguration: Sendable, Equatable {
    /// `host:port`, several with commas.
    package var bootstrapServers: String
    /// Names this process in the brokers' logs and metrics.
    package var clientID: String
    /// How long a broker may hold a fetch that finds nothing. A real Kafka answers as soon as data is there; the embedded
    /// broker looks only once per wait, so that there this is the latency.
    package var fetchWaitMax: Duration
    /// After how long without a heartbeat the group gives a member's partitions to others.
    package var sessionTimeout: Duration
    package var heartbeatInterval: Duration
    /// True for the embedded broker, whose ways differ from Kafka's (docs/embedded-broker.md).
    package var isEmbedded: Bool
    /// The least time between two requests of a producer for one partition; what comes in between goes with the next one, and what
    /// comes after a pause goes at once. For the embedded broker: it pays for each request, and at each fetch for all that there were.
    package var requestSpacing: Duration = .zero
    /// Further settings of librdkafka by its names (TLS, SASL, sizes); they win over what the mesh sets.
    package var overrides: [String: String]

    package init(
        bootstrapServers: String, clientID: String = "wasmesh", fetchWaitMax: Duration = .milliseconds(500),
        sessionTimeout: Duration = .seconds(45), heartbeatInterval: Duration = .seconds(3), isEmbedded: Bool = false,
        overrides: [String: String] = [:]
    ) {
        self.bootstrapServers = bootstrapServers
        self.clientID = clientID
        self.fetchWaitMax = fetchWaitMax
        self.sessionTimeout = sessionTimeout
        self.heartbeatInterval = heartbeatInterval
        self.isEmbedded = isEmbedded
        self.overrides = overrides
    }
}

extension KafkaConfiguration {
    /// What suits the embedded broker: it doesn't wake waiting fetches, and a join takes half a session timeout.
    package static func embedded(bootstrapServers: String, clientID: String = "wasmesh") -> KafkaConfiguration {
        var configuration = KafkaConfiguration(
            bootstrapServers: bootstrapServers, clientID: clientID, fetchWaitMax: .milliseconds(5),
            sessionTimeout: .seconds(2), heartbeatInterval: .milliseconds(200), isEmbedded: true)
        configuration.requestSpacing = .milliseconds(3)
        return configuration
    }

    /// What suits Apache Kafka and compatible clusters.
    package static func cluster(bootstrapServers: String, clientID: String = "wasmesh") -> KafkaConfiguration {
        KafkaConfiguration(bootstrapServers: bootstrapServers, clientID: clientID)
    }
}

extension KafkaConfiguration {
    /// The settings that every kind of client has.
    var common: [(String, String)] {
        [
            ("bootstrap.servers", bootstrapServers), ("client.id", clientID),
            ("broker.address.ttl", "10000"), ("reconnect.backoff.ms", "50"), ("reconnect.backoff.max.ms", "1000"),
            ("socket.nagle.disable", "true"), ("log.connection.close", "false"),
            // Topics are the router's business; one that a typing error made would stay.
            ("allow.auto.create.topics", "false"),
            // How soon a topic that was created anew is seen: the embedded broker forgets all of them when it restarts.
            ("topic.metadata.refresh.interval.ms", isEmbedded ? "1000" : "30000"),
        ]
    }

    /// The settings of what writes.
    ///
    /// The embedded broker refuses a producer id it doesn't know, and librdkafka then tries for ever; so there, order is
    /// kept by one request at a time instead. A repetition after a lost connection is found by its lane's sequence.
    var writing: [(String, String)] {
        common + [
            ("acks", "all"), ("message.timeout.ms", "0"), ("retry.backoff.ms", "20"),
            ("enable.idempotence", isEmbedded ? "false" : "true"),
            ("max.in.flight.requests.per.connection", isEmbedded ? "1" : "5"),
            // How long a topic may be missing before its records are reported as failed.
            ("topic.metadata.propagation.max.ms", isEmbedded ? "1000" : "30000"),
        ]
    }

    /// The settings of what reads, in a group or by itself.
    var reading: [(String, String)] {
        common + [
            ("enable.auto.commit", "false"), ("enable.auto.offset.store", "false"),
            ("auto.offset.reset", "error"),
            ("fetch.wait.max.ms", "\(fetchWaitMax.milliseconds)"), ("fetch.error.backoff.ms", "50"),
            ("session.timeout.ms", "\(sessionTimeout.milliseconds)"),
            ("heartbeat.interval.ms", "\(heartbeatInterval.milliseconds)"),
            // What the client fetches ahead of each partition is bounded well below the defaults of 64 MB and 100,000 records.
            ("queued.min.messages", "4000"), ("queued.max.messages.kbytes", "8192"),
            // A full queue is looked at again this soon; by default a busy consumer would stand still for a second.
            ("fetch.queue.backoff.ms", "2"),
        ]
    }
}

extension Duration {
    /// Whole milliseconds, rounded up, so that a short wait never becomes none.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }
}
