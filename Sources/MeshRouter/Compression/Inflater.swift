/// Reads DEFLATE data (RFC 1951).
struct Inflater {
    private let bytes: [UInt8]
    private let limit: Int
    /// The next byte that hasn't been taken into `bits`.
    private(set) var offset: Int
    private var bits: UInt32 = 0
    private var bitCount = 0

    init(_ bytes: [UInt8], at offset: Int, limit: Int) {
        self.bytes = bytes
        self.offset = offset
        self.limit = limit
    }

    /// Appends the content of all blocks; afterwards `offset` is behind the last byte of the data.
    mutating func run(into output: inout [UInt8]) throws(Gzip.Failure) {
        let start = output.count
        var isLast = false
        while !isLast {
            isLast = try take(1) == 1
            switch try take(2) {
            case 0: try stored(into: &output)
            case 1: try compressed(HuffmanCode.fixedLiterals, HuffmanCode.fixedDistances, into: &output, from: start)
            case 2:
                let (literals, distances) = try codes()
                try compressed(literals, distances, into: &output, from: start)
            default: throw .malformed("a block has an unknown type")
            }
        }
        // Whole bytes that were looked at too early belong to who comes next.
        offset -= bitCount / 8
    }

    private mutating func take(_ count: Int) throws(Gzip.Failure) -> Int {
        while bitCount < count {
            guard offset < bytes.count else { throw .malformed("the data is cut off") }
            bits |= UInt32(bytes[offset]) << UInt32(bitCount)
            offset += 1
            bitCount += 8
        }
        let value = bits & ((1 << UInt32(count)) - 1)
        bits >>= UInt32(count)
        bitCount -= count
        return Int(value)
    }

    private mutating func stored(into output: inout [UInt8]) throws(Gzip.Failure) {
        _ = try take(bitCount % 8)
        let length = try take(16)
        guard try take(16) == ~length & 0xFFFF else { throw .malformed("a stored block's length is wrong") }
        for _ in 0..<length { try put(UInt8(try take(8)), into: &output) }
    }

    private func put(_ byte: UInt8, into output: inout [UInt8]) throws(Gzip.Failure) {
        guard output.count < limit else { throw .tooLarge }
        output.append(byte)
    }

    private static let lengths: [(base: Int, extra: Int)] = [
        (3, 0), (4, 0), (5, 0), (6, 0), (7, 0), (8, 0), (9, 0), (10, 0), (11, 1), (13, 1), (15, 1), (17, 1), (19, 2),
        (23, 2),
        (27, 2), (31, 2), (35, 3), (43, 3), (51, 3), (59, 3), (67, 4), (83, 4), (99, 4), (115, 4), (131, 5), (163, 5),
        (195, 5),
        (227, 5), (258, 0),
    ]
    private static let distances: [(base: Int, extra: Int)] = [
        (1, 0), (2, 0), (3, 0), (4, 0), (5, 1), (7, 1), (9, 2), (13, 2), (17, 3), (25, 3), (33, 4), (49, 4), (65, 5),
        (97, 5),
        (129, 6), (193, 6), (257, 7), (385, 7), (513, 8), (769, 8), (1025, 9), (1537, 9), (2049, 10), (3073, 10),
        (4097, 11),
        (6145, 11), (8193, 12), (12289, 12), (16385, 13), (24577, 13),
    ]

    private mutating func compressed(
        _ literals: HuffmanCode, _ distanceCode: HuffmanCode, into output: inout [UInt8], from start: Int
    ) throws(Gzip.Failure) {
        while true {
            let symbol = try decode(literals)
            if symbol < 256 {
                try put(UInt8(symbol), into: &output)
            } else if symbol == 256 {
                return
            } else {
                guard symbol - 257 < Inflater.lengths.count else { throw .malformed("a length isn't known") }
                let length = Inflater.lengths[symbol - 257]
                let count = length.base + (try take(length.extra))
                let code = try decode(distanceCode)
                guard code < Inflater.distances.count else { throw .malformed("a distance isn't known") }
                let distance = Inflater.distances[code].base + (try take(Inflater.distances[code].extra))
                guard distance <= output.count - start else {
                    throw .malformed("a distance leads before the beginning")
                }
                for _ in 0..<count { try put(output[output.count - distance], into: &output) }
            }
        }
    }

    private mutating func decode(_ code: HuffmanCode) throws(Gzip.Failure) -> Int {
        var value = 0
        var first = 0
        var index = 0
        for length in 1...HuffmanCode.maximumLength {
            value |= try take(1)
            let count = code.counts[length]
            if value - count < first { return code.symbols[index + value - first] }
            index += count
            first = (first + count) << 1
            value <<= 1
        }
        throw .malformed("a code isn't known")
    }

    private static let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

    /// The codes that stand at the beginning of a block.
    private mutating func codes() throws(Gzip.Failure) -> (literals: HuffmanCode, distances: HuffmanCode) {
        let literalCount = try take(5) + 257
        let distanceCount = try take(5) + 1
        let lengthCount = try take(4) + 4
        var lengths = [Int](repeating: 0, count: 19)
        for index in 0..<lengthCount { lengths[Inflater.order[index]] = try take(3) }
        let lengthCode = try HuffmanCode(lengths)
        var all: [Int] = []
        while all.count < literalCount + distanceCount {
            switch try decode(lengthCode) {
            case let length where length < 16: all.append(length)
            case 16:
                guard let last = all.last else { throw .malformed("a length repeats nothing") }
                all += [Int](repeating: last, count: 3 + (try take(2)))
            case 17: all += [Int](repeating: 0, count: 3 + (try take(3)))
            default: all += [Int](repeating: 0, count: 11 + (try take(7)))
            }
        }
        guard all.count == literalCount + distanceCount else { throw .malformed("there are too many lengths") }
        return (try HuffmanCode(Array(all[..<literalCount])), try HuffmanCode(Array(all[literalCount...])))
    }
}
