import Testing

@testable import WasmWorker

/// A log is taken for lost when looks say so that nothing can have delayed, and no earlier.
@Suite struct EndDoubtTests {
    private let begin = ContinuousClock.now

    private func doubt(isLogVolatile: Bool = true) -> EndDoubt {
        EndDoubt(position: 10, isLogVolatile: isLogVolatile, now: begin)
    }

    /// What comes of looks that were begun at these times, in milliseconds, and all told of this end.
    private func verdicts(_ times: [Int], end: Int64 = 4, isLogVolatile: Bool = true) -> [Bool] {
        var doubt = doubt(isLogVolatile: isLogVolatile)
        return times.map { doubt.isLost(end: end, asked: begin + .milliseconds($0)) }
    }

    @Test func `looks for six seconds say that it is lost, and none before`() {
        let times = Array(stride(from: 0, through: 6000, by: 500))
        #expect(verdicts(times) == times.map { $0 >= 6000 })
    }

    @Test func `a look that was begun early says nothing, however late it is answered, and few looks don't either`() {
        #expect(verdicts([0, 600, 1200, 1800, 2400, 5999]) == Array(repeating: false, count: 6))
        #expect(verdicts([0, 7000, 14000, 21000, 28000, 35000]) == [false, false, false, false, false, true])
    }

    @Test func `an end at the position or behind it is none to doubt`() {
        #expect(verdicts([0, 60_000], end: 10) == [false, false])
        #expect(verdicts([0], end: 10, isLogVolatile: false) == [false])
    }

    @Test func `a broker that keeps its data is believed at once`() {
        #expect(verdicts([0], isLogVolatile: false) == [true])
    }
}
