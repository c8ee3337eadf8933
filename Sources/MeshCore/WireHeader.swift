/// One Kafka header of a message.
package struct WireHeader: Sendable, Equatable {
    package var name: String
    package var value: [UInt8]

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = Array(value.utf8)
    }

    package init(name: String, value: [UInt8]) {
        self.name = name
        self.value = value
    }
}
