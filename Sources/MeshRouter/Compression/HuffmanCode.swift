/// A canonical Huffman code (RFC 1951 §3.2.2): how many codes each length has, and the symbols in the order of their codes.
struct HuffmanCode {
    static let maximumLength = 15

    let counts: [Int]
    let symbols: [Int]

    /// A code from the lengths of its symbols' codes; 0 for a symbol that doesn't occur.
    init(_ lengths: [Int]) throws(Gzip.Failure) {
        var counts = [Int](repeating: 0, count: HuffmanCode.maximumLength + 1)
        for length in lengths { counts[length] += 1 }
        counts[0] = 0
        var left = 1
        for length in 1...HuffmanCode.maximumLength {
            left = left * 2 - counts[length]
            guard left >= 0 else { throw .malformed("a code has more words than its lengths allow") }
        }
        self.counts = counts
        symbols = HuffmanCode.sorted(lengths, counts)
    }

    private init(fixed lengths: [Int]) {
        var counts = [Int](repeating: 0, count: HuffmanCode.maximumLength + 1)
        for length in lengths { counts[length] += 1 }
        self.counts = counts
        symbols = HuffmanCode.sorted(lengths, counts)
    }

    /// The symbols by the lengths of their codes; each block may bring two codes, so it takes one pass over them.
    private static func sorted(_ lengths: [Int], _ counts: [Int]) -> [Int] {
        var places = [Int](repeating: 0, count: maximumLength + 2)
        for length in 1...maximumLength { places[length + 1] = places[length] + counts[length] }
        var symbols = [Int](repeating: 0, count: places[maximumLength + 1])
        for (symbol, length) in lengths.enumerated() where length > 0 {
            symbols[places[length]] = symbol
            places[length] += 1
        }
        return symbols
    }

    /// The codes of blocks that bring none of their own (§3.2.6).
    static let fixedLiterals = HuffmanCode(
        fixed: [Int](repeating: 8, count: 144) + [Int](repeating: 9, count: 112) + [Int](repeating: 7, count: 24)
            + [Int](repeating: 8, count: 8))
    static let fixedDistances = HuffmanCode(fixed: [Int](repeating: 5, count: 30))
}
