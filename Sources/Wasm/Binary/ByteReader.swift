/// Reads WebAssembly's binary encoding from bytes that nobody vouches for: never past the end, never a count that isn't there.
struct ByteReader {
    private let bytes: ArraySlice<UInt8>
    /// The position in the file.
    private(set) var offset: Int
    /// What is being read, for "cut off" errors.
    var part: String
    private let start: Int

    init(_ bytes: ArraySlice<UInt8>, part: String) {
        self.bytes = bytes
        self.offset = bytes.startIndex
        self.start = bytes.startIndex
        self.part = part
    }

    var isAtEnd: Bool { offset == bytes.endIndex }
    var remaining: Int { bytes.endIndex - offset }

    mutating func byte() throws(PackageError) -> UInt8 {
        guard offset < bytes.endIndex else { throw .cutOff(part: part, offset: start) }
        defer { offset += 1 }
        return bytes[offset]
    }

    /// An unsigned LEB128 number of at most `bits` bits.
    mutating func number(bits: Int = 32) throws(PackageError) -> UInt64 {
        let begin = offset
        var value: UInt64 = 0
        var shift = 0
        while true {
            let byte = try byte()
            let payload = UInt64(byte & 0x7F)
            guard shift < bits, shift + 7 <= bits || payload >> UInt64(bits - shift) == 0 else {
                throw .malformed("a number of more than \(bits) bits in \(part)", offset: begin)
            }
            value |= payload << UInt64(shift)
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
    }

    /// A count of items, each of which takes at least one byte.
    mutating func count() throws(PackageError) -> Int {
        let count = try number()
        guard count <= UInt64(remaining) else { throw .cutOff(part: part, offset: start) }
        return Int(count)
    }

    mutating func take(_ length: Int) throws(PackageError) -> ArraySlice<UInt8> {
        guard length <= remaining else { throw .cutOff(part: part, offset: start) }
        defer { offset += length }
        return bytes[offset..<(offset + length)]
    }

    mutating func rest() -> ArraySlice<UInt8> {
        defer { offset = bytes.endIndex }
        return bytes[offset...]
    }

    mutating func name() throws(PackageError) -> String {
        let begin = offset
        let length = try count()
        guard let name = String(validating: try take(length), as: UTF8.self) else {
            throw .malformed("a name in \(part) that isn't UTF-8", offset: begin)
        }
        return name
    }
}
