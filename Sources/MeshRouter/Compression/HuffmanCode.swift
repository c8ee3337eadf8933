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
        symbols = HuffmanCode.sorted(lengths)
    }

    private init(fixed lengths: [Int]) {
        var counts = [Int](repeating: 0, count: HuffmanCode.maximumLength + 1)
        for length in lengths { counts[length] += 1 }
        self.counts = counts
        symbols = HuffmanCode.sorted(lengths)
    }

    private static func sorted(_ lengths: [Int]) -> [Int] {
        (1...maximumLength).flatMap { length in lengths.indices.filter { lengths[$0] == length } }
    }

    /// The codes of blocks that bring none of their own (§3.2.6).
    static let fixedLiterals = HuffmanCode(
        fixed: [Int](repeating: 8, count: 144) + [Int](repeating: 9, count: 112) + [Int](repeating: 7, count: 24)
            + [Int](repeating: 8, count: 8))
    static let fixedDistances = HuffmanCode(fixed: [Int](repeating: 5, count: 30))
}
