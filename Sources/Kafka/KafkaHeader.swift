/// A header of a record; names may repeat, and a value may be null.
package struct KafkaHeader: Sendable, Hashable {
    /// A header's value; what is text is kept as text, so that nobody has to make bytes of it and text again.
    package enum Value: Sendable, Hashable {
        case null
        case text(String)
        /// What isn't UTF-8.
        case bytes([UInt8])
    }

    package var name: String
    package var content: Value

    package init(name: String, value: [UInt8]?) {
        self.name = name
        content = value.map { $0.withUnsafeBytes { Value($0) } } ?? .null
    }

    /// A header with a text value.
    package init(_ name: String, _ value: String) {
        self.name = name
        content = .text(value)
    }

    init(name: String, content: Value) {
        self.name = name
        self.content = content
    }

    /// The bytes of the value.
    package var value: [UInt8]? {
        switch content {
        case .null: nil
        case .text(let text): Array(text.utf8)
        case .bytes(let bytes): bytes
        }
    }
}

extension KafkaHeader.Value {
    init(_ bytes: UnsafeRawBufferPointer) {
        // Nearly every header is ASCII, which needs no further look; the general way costs a multiple.
        if bytes.allSatisfy({ $0 < 0x80 }) {
            self = .text(String(decoding: bytes, as: UTF8.self))
            return
        }
        let text = bytes.withMemoryRebound(to: UInt8.self) { String(validating: $0, as: UTF8.self) }
        self = text.map { .text($0) } ?? .bytes(Array(bytes))
    }
}
