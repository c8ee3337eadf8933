/// One Kafka header of a message.
package struct WireHeader: Sendable, Equatable {
    package var name: String
    package var value: [UInt8]

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = Array(value.utf8)
    }

    /// What it counts for where headers are bounded.
    var byteCount: Int { name.utf8.count + value.count + 64 }

    package init(name: String, value: [UInt8]) {
        self.name = name
        self.value = value
    }
}
