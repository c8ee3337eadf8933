import MeshCore
import TestSupport
import Testing

/// How a process learns the database's time.
@Suite struct ClockReferenceTests {
    private let noon = Timestamp(microseconds: 1_800_000_000_000_000)

    @Test func `an answer's time lay in the middle, as far as anybody knows`() {
        var reference = ClockReference()
        #expect(reference.offset == nil)
        reference.observe(noon, askedAt: 1000, answeredAt: 3000)
        #expect(reference.offset == noon.microseconds - 2000)
    }

    @Test func `an answer that took longer is left aside, until the last good one is old`() {
        var reference = ClockReference()
        reference.observe(noon, askedAt: 0, answeredAt: 1000)
        let offset = reference.offset
        let late = noon.advanced(by: .seconds(4))
        reference.observe(late, askedAt: 4_000_000, answeredAt: 4_100_000)
        #expect(reference.offset == offset)
        reference.observe(noon, askedAt: 5, answeredAt: 4)
        #expect(reference.offset == offset)
        reference.observe(noon.advanced(by: .seconds(400)), askedAt: 400_000_000, answeredAt: 400_100_000)
        #expect(reference.offset == noon.microseconds - 50_000)
    }

    @Test func `a database whose clock was put right is followed`() {
        var reference = ClockReference()
        reference.observe(noon, askedAt: 0, answeredAt: 1000)
        reference.observe(noon.advanced(by: .seconds(3600)), askedAt: 4_000_000, answeredAt: 4_001_000)
        #expect(reference.offset == noon.microseconds + 3_600_000_000 - 4_000_500)
    }

    /// Each answer bounds how wrong the reference may be from then on; answers come at random times over ways of random lengths.
    @Test func `however answers are delayed, the reference is as good as the best of them lets it be`() {
        var seed = Seed()
        for _ in 0..<200 {
            var reference = ClockReference()
            let offset = Int64(seed.integer(in: -1_000_000_000...1_000_000_000)) * 1000
            var steady: Int64 = 0
            var bounds: [(at: Int64, error: Int64)] = []
            for _ in 0..<seed.integer(in: 1...50) {
                steady += Int64(seed.integer(in: 0...10_000_000))
                let there = Int64(seed.integer(in: 0...(seed.integer(in: 0...3) == 0 ? 2_000_000 : 2000)))
                let back = Int64(seed.integer(in: 0...(seed.integer(in: 0...3) == 0 ? 2_000_000 : 2000)))
                let asked = steady
                steady += there + back
                reference.observe(
                    Timestamp(microseconds: asked + there + offset), askedAt: asked, answeredAt: steady)
                bounds.append((steady, (there + back) / 2))
                let bound = bounds.map { $0.error + (steady - $0.at) / 2000 }.min() ?? 0
                // Each halving and each division rounds.
                let wrong = abs((reference.offset ?? .max) - offset)
                #expect(wrong <= bound + Int64(bounds.count) + 1, "\(seed)")
            }
        }
    }
}
