import Testing

/// SplitMix64: random cases that a printed seed repeats.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        return bits ^ bits >> 31
    }
}

/// Runs `body` with many random generators; the first failure names its seed, and ends the run.
func forRandomCases(
    _ count: Int = 300, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (inout SeededGenerator) throws -> Bool
) rethrows {
    let base = UInt64.random(in: 0..<UInt64.max / 2)
    for offset in 0..<UInt64(count) {
        var generator = SeededGenerator(seed: base + offset)
        if try !body(&generator) {
            Issue.record("failed for the seed \(base + offset)", sourceLocation: sourceLocation)
            return
        }
    }
}
