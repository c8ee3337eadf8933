/// How often something may be done: `10/s`, `600/m`, `1000/h`, `5000/d`.
package struct CallRate: Sendable, Hashable, CustomStringConvertible {
    package enum Period: Int, Sendable, CaseIterable {
        case second = 1
        case minute = 60
        case hour = 3600
        case day = 86400

        var letter: String {
            switch self {
            case .second: "s"
            case .minute: "m"
            case .hour: "h"
            case .day: "d"
            }
        }
    }

    private static let most = 1_000_000

    /// 1 to 1,000,000 in each period.
    package let calls: Int
    package let period: Period

    /// Nil where there are fewer or more.
    package init?(calls: Int, period: Period) {
        guard (1...CallRate.most).contains(calls) else { return nil }
        self.calls = calls
        self.period = period
    }

    /// Reads one as it is written; the error says how that is.
    package init(_ text: String) throws(MeshError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].allSatisfy({ $0.isASCII && $0.isNumber }), let calls = Int(parts[0]),
            let period = Period.allCases.first(where: { $0.letter == parts[1] }),
            let rate = CallRate(calls: calls, period: period)
        else {
            throw MeshError(
                .invalidRequest,
                "'\(String(text.prefix(60)))' is no rate: write 10/s, 600/m, 1000/h or 5000/d, with 1 to 1000000 calls")
        }
        self = rate
    }

    package var description: String { "\(calls)/\(period.letter)" }
}
