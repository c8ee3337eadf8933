/// Reads gzip (RFC 1952), which Connect clients may compress requests with; the output has a bound.
enum Gzip {
    enum Failure: Error, Equatable {
        /// The bytes aren't gzip, or are damaged.
        case malformed(String)
        /// What comes out is larger than allowed.
        case tooLarge
    }

    /// The content of one or more gzip members.
    static func decompress(_ bytes: [UInt8], limit: Int) throws(Failure) -> [UInt8] {
        var output: [UInt8] = []
        var at = 0
        repeat {
            at = try skipHeader(bytes, at)
            let start = output.count
            var inflater = Inflater(bytes, at: at, limit: limit)
            try inflater.run(into: &output)
            at = inflater.offset
            guard at + 8 <= bytes.count else { throw .malformed("the end is missing") }
            guard word(bytes, at) == crc32(output[start...]),
                word(bytes, at + 4) == UInt32(truncatingIfNeeded: output.count - start)
            else { throw .malformed("the checksum is wrong") }
            at += 8
        } while at < bytes.count
        return output
    }

    private static func skipHeader(_ bytes: [UInt8], _ start: Int) throws(Failure) -> Int {
        guard start + 10 <= bytes.count, bytes[start] == 0x1F, bytes[start + 1] == 0x8B, bytes[start + 2] == 8 else {
            throw .malformed("it doesn't begin as gzip does")
        }
        let flags = bytes[start + 3]
        guard flags & 0xE0 == 0 else { throw .malformed("a flag isn't known") }
        var at = start + 10
        if flags & 4 != 0 {
            guard at + 2 <= bytes.count else { throw .malformed("the head is cut off") }
            at += 2 + Int(bytes[at]) + Int(bytes[at + 1]) << 8
        }
        for flag in [8, 16] as [UInt8] where flags & flag != 0 {
            guard at < bytes.count, let zero = bytes[at...].firstIndex(of: 0) else {
                throw .malformed("the head is cut off")
            }
            at = zero + 1
        }
        if flags & 2 != 0 { at += 2 }
        guard at <= bytes.count else { throw .malformed("the head is cut off") }
        return at
    }

    private static func word(_ bytes: [UInt8], _ at: Int) -> UInt32 {
        UInt32(bytes[at]) | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2]) << 16 | UInt32(bytes[at + 3]) << 24
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
    }

    static func crc32(_ bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(~0) { crc, byte in table[Int((crc ^ UInt32(byte)) & 0xFF)] ^ (crc >> 8) }
    }
}
