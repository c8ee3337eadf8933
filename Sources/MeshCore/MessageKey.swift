/// What holds of every key, wherever it comes from: a record, its headers, the data, a guest.
package enum MessageKey {
    /// The most bytes of a key: it is a Kafka record's key, and within the primary key of states, workflows and parked messages.
    package static let maximumBytes = 1024

    /// What is wrong with a key, to be put behind "the key"; nil where nothing is.
    package static func problem(_ key: String.UTF8View) -> String? {
        key.withContiguousStorageIfAvailable(problem) ?? Array(key).withUnsafeBufferPointer(problem)
    }

    /// The same of a key that hasn't been read as text.
    package static func problem(_ key: [UInt8]) -> String? { key.withUnsafeBufferPointer(problem) }

    /// Not generic, because it is asked several times for each message.
    private static func problem(_ key: UnsafeBufferPointer<UInt8>) -> String? {
        // All that have one would be of one key, one state, one workflow that no address names.
        if key.isEmpty { return "is empty; it has 1 to 1,024 bytes" }
        if key.count > maximumBytes { return "has \(key.count) bytes; at most 1,024 are allowed" }
        // Postgres holds no such text, and what can't even be looked up would hold its partition up for ever.
        return key.contains(0) ? "has a zero byte" : nil
    }
}
