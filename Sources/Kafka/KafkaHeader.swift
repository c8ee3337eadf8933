/// A header of a record; names may repeat, and a value may be null.
package struct KafkaHeader: Sendable, Hashable {
    package var name: String
    package var value: [UInt8]?

    package init(name: String, value: [UInt8]?) {
        self.name = name
        self.value = value
    }

    /// A header with a text value.
    package init(_ name: String, _ value: String) { self.init(name: name, value: Array(value.utf8)) }
}
