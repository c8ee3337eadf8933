/// What became of one record that a producer accepted; each gets exactly one report.
package struct DeliveryReport: Sendable, Equatable {
    /// The number the record was given to the producer with.
    package var tag: UInt64
    package var partition: Int32
    /// Its offset; -1 when it failed, or when the broker had it already and does not say where.
    package var offset: Int64
    /// Nil when every in-sync replica has the record.
    package var error: KafkaError?

    package init(tag: UInt64, partition: Int32, offset: Int64, error: KafkaError? = nil) {
        self.tag = tag
        self.partition = partition
        self.offset = offset
        self.error = error
    }
}
