extension UnsafeBufferPointer<UInt8> {
    /// Where what may stand in a JSON string as it is ends, from `start` on: at a quote, a backslash or a control character, or at the
    /// buffer's end (RFC 8259 §7). `start` itself where it is no place in the buffer.
    ///
    /// Eight bytes at a time ("Determine if a word has a byte less than n", Bit Twiddling Hacks).
    func endOfPlainText(from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var index = start
        while index + 8 <= count, let base = baseAddress {
            let word = UInt64(littleEndian: UnsafeRawPointer(base + index).loadUnaligned(as: UInt64.self))
            let quotes = word ^ (ones &* 0x22)
            let backslashes = word ^ (ones &* 0x5C)
            // The lowest of the bits is exact; those above it may be borrowed.
            let found =
                ((quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes | (word &- ones &* 0x20) & ~word)
                & (ones &* 0x80)
            if found != 0 { return index + found.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < count, self[index] >= 0x20, self[index] != 0x22, self[index] != 0x5C { index += 1 }
        return index
    }
}
