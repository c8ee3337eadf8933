/// The headers of a record that is to be written, as bytes one behind the other.
///
/// One buffer, since a list of names and values would count two references for each of them wherever a record is handed on.
package struct OutgoingHeaders: Sendable, Equatable {
    /// For each header: the sizes of its name and its value, 4 bytes each, and then both.
    private var bytes: [UInt8] = []
    package private(set) var count = 0

    /// In place of a value's size where there is none.
    private static let null = UInt32.max

    package init() {}

    package init(_ headers: some Sequence<KafkaHeader>) {
        for header in headers {
            switch header.content {
            case .null: append(header.name, nil as [UInt8]?)
            case .text(let text): append(header.name, text)
            case .bytes(let bytes): append(header.name, bytes)
            }
        }
    }

    package mutating func reserve(_ byteCount: Int) { bytes.reserveCapacity(byteCount) }

    package mutating func append(_ name: String, _ value: String) {
        var value = value
        value.withUTF8 { value in
            begin(name, UInt32(truncatingIfNeeded: value.count))
            bytes.append(contentsOf: value)
        }
    }

    package mutating func append(_ name: String, _ value: [UInt8]?) {
        begin(name, value.map { UInt32(truncatingIfNeeded: $0.count) } ?? OutgoingHeaders.null)
        if let value { bytes.append(contentsOf: value) }
    }

    private mutating func begin(_ name: String, _ valueSize: UInt32) {
        count += 1
        var name = name
        name.withUTF8 { name in
            withUnsafeBytes(of: (UInt32(truncatingIfNeeded: name.count), valueSize)) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: name)
        }
    }

    /// Lends the name and the value of each, in order; a value is nil where there is none.
    func forEach(_ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?) -> Void) {
        bytes.withUnsafeBytes { bytes in
            var place = 0
            for _ in 0..<count {
                let nameSize = Int(bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self))
                let valueSize = bytes.loadUnaligned(fromByteOffset: place + 4, as: UInt32.self)
                let middle = place + 8 + nameSize
                let end = valueSize == OutgoingHeaders.null ? middle : middle + Int(valueSize)
                body(
                    UnsafeRawBufferPointer(rebasing: bytes[place + 8..<middle]),
                    valueSize == OutgoingHeaders.null ? nil : UnsafeRawBufferPointer(rebasing: bytes[middle..<end]))
                place = end
            }
        }
    }

    /// The headers one by one.
    package var list: [KafkaHeader] {
        var headers: [KafkaHeader] = []
        forEach { name, value in
            headers.append(
                KafkaHeader(name: String(decoding: name, as: UTF8.self), content: value.map { .init($0) } ?? .null))
        }
        return headers
    }
}
