/// How the database's wall clock stands to this machine's steady one, from answers that told the time.
///
/// An answer's time lay somewhere between question and answer, so half of that is its error (F. Cristian, "Probabilistic clock
/// synchronization", 1989). A reference gets worse with its age, since clocks drift; a new one is taken as soon as it is no worse.
package struct ClockReference: Sendable {
    /// The wall clock less the steady one, in microseconds; nil until the first answer.
    package private(set) var offset: Int64?
    private var error: Int64 = 0
    private var takenAt: Int64 = 0

    /// Half a millisecond a second: more than the clocks of machines drift.
    private static let agePerError: Int64 = 2000

    package init() {}

    /// Takes what the database said in between two readings of the steady clock, in microseconds.
    package mutating func observe(_ time: Timestamp, askedAt: Int64, answeredAt: Int64) {
        guard answeredAt >= askedAt else { return }
        let error = (answeredAt - askedAt) / 2
        if offset != nil, error > self.error + (answeredAt - takenAt) / ClockReference.agePerError { return }
        offset = time.microseconds - (askedAt + error)
        self.error = error
        takenAt = answeredAt
    }
}
