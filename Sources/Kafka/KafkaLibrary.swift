import CRdKafka

/// The librdkafka that this process has loaded.
package enum KafkaLibrary {
    /// Such as `2.16.1`.
    package static var version: String { String(cString: rd_kafka_version_str()) }
    /// The oldest that works with the embedded broker.
    package static let oldestVersion = "2.1"
    /// True for a version that works.
    package static var isNewEnough: Bool { rd_kafka_version() >> 16 >= 0x0201 }
}
