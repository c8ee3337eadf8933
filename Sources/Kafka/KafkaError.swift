/// What went wrong in Kafka or its client: code, message, and whether trying again can help.
package struct KafkaError: Error, Sendable, Equatable, CustomStringConvertible {
    package var code: Code
    /// What failed, with what, and what to do where that is known.
    package var message: String
    /// True when the same request may succeed later without anybody changing anything.
    package var isRetriable: Bool
    /// True when the client object is of no more use and must be replaced by a new one.
    package var isFatal: Bool

    package init(_ code: Code, _ message: String, isRetriable: Bool = false, isFatal: Bool = false) {
        self.code = code
        self.message = message
        self.isRetriable = isRetriable
        self.isFatal = isFatal
    }

    /// True for what tells of a producer's end or of its session, and nothing of the record: that may be in the log, or be taken when it is sent again.
    package var isOfProducer: Bool { isFatal || KafkaError.producerCodes.contains(code) }

    package var description: String { "Kafka: \(message) (\(code))" }
}
