internal import CRdKafka
internal import MeshCore

/// Owns one librdkafka instance and its main queue.
///
/// `@unchecked Sendable`: librdkafka's calls on an instance and its queues are safe from any thread; the pointers never
/// change, and whoever calls `destroy` makes sure (by its own lock or by being the only thread) that no call runs then.
final class RDKafkaClient: @unchecked Sendable {
    let pointer: OpaquePointer
    /// What the owner's thread polls: delivery reports and errors, or the consumer's queue.
    let queue: OpaquePointer
    private var isDestroyed = false

    init(_ type: rd_kafka_type_t, _ settings: [(String, String)], events: Int32) throws(KafkaError) {
        try RDKafkaClient.checkVersion()
        let configuration = try RDKafkaClient.configuration(settings)
        rd_kafka_conf_set_events(configuration, events)
        rd_kafka_conf_set_log_cb(configuration) { _, level, facility, text in
            RDKafkaClient.log(level, facility, text)
        }
        var text = [CChar](repeating: 0, count: 512)
        guard let client = rd_kafka_new(type, configuration, &text, text.count) else {
            rd_kafka_conf_destroy(configuration)
            let reason = KafkaProperties.withoutSecrets(String(terminated: text), settings)
            throw KafkaError(.invalidConfiguration, "the Kafka client could not be created: \(reason)")
        }
        pointer = client
        let readsInGroup = type == RD_KAFKA_CONSUMER && settings.contains { $0.0 == "group.id" }
        if readsInGroup { rd_kafka_poll_set_consumer(client) }
        queue = readsInGroup ? rd_kafka_queue_get_consumer(client) : rd_kafka_queue_get_main(client)
    }

    /// Frees the instance, which ends its threads; the owner's thread calls it last, and once.
    func destroy() {
        precondition(!isDestroyed, "a Kafka client was freed twice")
        isDestroyed = true
        rd_kafka_queue_destroy(queue)
        // Leaving the group is the owner's own, bounded step.
        rd_kafka_destroy_flags(pointer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
    }

    /// Whether a broker has told this client of its cluster, and so perhaps of topics and their ids: what must not outlive an embedded
    /// broker. A client that never got through knows nothing and can stay, however often its tries fail.
    var hasMetadata: Bool {
        guard let cluster = rd_kafka_clusterid(pointer, 0) else { return false }
        rd_kafka_mem_free(pointer, cluster)
        return true
    }

    /// Ends the current or the next wait on the queue, so that the owner's thread looks at what it was asked to do.
    func wake() { rd_kafka_queue_yield(queue) }

    deinit {
        if !isDestroyed { destroy() }
    }
}

extension RDKafkaClient {
    /// 2.0.2 and older cannot parse the embedded broker's answer to ApiVersions.
    private static func checkVersion() throws(KafkaError) {
        guard rd_kafka_version() >> 16 >= 0x0201 else {
            throw KafkaError(
                .unsupportedLibrary,
                "librdkafka \(String(cString: rd_kafka_version_str())) was loaded, but 2.1 or newer is needed; "
                    + "run Scripts/bootstrap and start wasmesh from its checkout or with its lib directory beside bin")
        }
    }

    private static func configuration(_ settings: [(String, String)]) throws(KafkaError) -> OpaquePointer {
        guard let configuration = rd_kafka_conf_new() else {
            throw KafkaError(.invalidConfiguration, "out of memory for a Kafka client's settings")
        }
        for (name, value) in settings {
            let verdict = KafkaProperties.set(name, value, in: configuration)
            guard verdict != .taken else { continue }
            rd_kafka_conf_destroy(configuration)
            let problem = verdict == .unknown ? "there is no such property" : "it doesn't take its value"
            throw KafkaError(.invalidConfiguration, "the Kafka property '\(name)': \(problem)")
        }
        return configuration
    }

    private static let log = Log("kafka")

    private static func log(_ level: Int32, _ facility: UnsafePointer<CChar>?, _ text: UnsafePointer<CChar>?) {
        let message = text.map { String(cString: $0) } ?? ""
        let facility = facility.map { String(cString: $0) } ?? ""
        switch level {
        // Connections that fail come as errors to the client's owner as well, and once; here, at each of many attempts.
        case _ where facility == "FAIL": log.debug(message, ["facility": facility])
        case ...3: KafkaLog.write(.error, kind: facility, message, ["facility": facility])
        case 4: KafkaLog.write(.warning, kind: facility, message, ["facility": facility])
        default: log.debug(message, ["facility": facility])
        }
    }
}

extension String {
    /// The text of a C buffer up to its terminating zero.
    init(terminated buffer: [CChar]) {
        self = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
