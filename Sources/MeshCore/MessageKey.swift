/// What holds of every key, wherever it comes from: a record, its headers, the data, a guest.
package enum MessageKey {
    /// The most bytes of a key: it is a Kafka record's key, and within the primary key of states, workflows and parked messages.
    package static let maximumBytes = 1024

    /// What is wrong with a key, to be put behind "the key"; nil where nothing is.
    package static func problem(_ key: some Collection<UInt8>) -> String? {
        if key.count > maximumBytes { return "has \(key.count) bytes; at most 1,024 are allowed" }
        // Postgres holds no such text, and what can't even be looked up would hold its partition up for ever.
        return key.contains(0) ? "has a zero byte" : nil
    }
}
