/// How much a consumer hands over in one call of its delegate.
package struct ConsumerLimits: Sendable, Equatable {
    package var records: Int
    /// Bytes of keys and values; a single larger record is still handed over, alone.
    package var bytes: Int

    package init(records: Int = 500, bytes: Int = 4 << 20) {
        self.records = records
        self.bytes = bytes
    }
}
