/// One of the five fields of a cron expression.
struct CronField {
    let name: String
    let range: ClosedRange<Int>
    /// Names of the values, from the first of the range.
    var words: [String] = []

    static let minute = CronField(name: "minute", range: 0...59)
    static let hour = CronField(name: "hour", range: 0...23)
    static let day = CronField(name: "day", range: 1...31)
    static let month = CronField(
        name: "month", range: 1...12,
        words: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
    static let weekday = CronField(
        name: "weekday", range: 0...7, words: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"])

    /// The values that `text` names, a bit each.
    func bits(_ text: String) throws(CronError) -> UInt64 {
        var bits: UInt64 = 0
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            for value in try values(part) { bits |= 1 << UInt64(value) }
        }
        return bits
    }

    /// The values of one part: `*`, `5`, `mon`, `1-5`, `*/15`, `8-18/2`.
    private func values(_ part: Substring) throws(CronError) -> StrideThrough<Int> {
        let halves = part.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        var step = 1
        if halves.count == 2 {
            guard let number = CronField.number(halves[1]), number >= 1, number <= range.upperBound else {
                throw CronError("`\(part)` isn't a step of the \(name); write it like `*/15`")
            }
            step = number
        }
        if halves[0] == "*" {
            // 7 is Sunday a second time, which a step would otherwise reach as a day of its own.
            return stride(from: range.lowerBound, through: words.count == 7 ? 6 : range.upperBound, by: step)
        }
        let ends = halves[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let first = try value(ends[0], in: part)
        if ends.count == 1 {
            guard halves.count == 2 else { return stride(from: first, through: first, by: 1) }
            throw CronError(
                "`\(part)` of the \(name) steps from one value; write `\(first)-\(range.upperBound)/\(step)`")
        }
        let last = try value(ends[1], in: part)
        guard first <= last else {
            throw CronError(
                "`\(part)` of the \(name) counts backwards; write `\(first)-\(range.upperBound),\(range.lowerBound)-\(last)`"
            )
        }
        return stride(from: first, through: last, by: step)
    }

    private func value(_ text: Substring, in part: Substring) throws(CronError) -> Int {
        if let index = words.firstIndex(of: text.lowercased()) { return range.lowerBound + index }
        if let number = CronField.number(text) {
            if range.contains(number) { return number }
            throw CronError(
                "the \(name) \(number) is out of range; it goes from \(range.lowerBound) to \(range.upperBound)")
        }
        let hint =
            words.isEmpty
            ? "a number from \(range.lowerBound) to \(range.upperBound)" : "a number or a name such as `\(words[1])`"
        throw CronError(
            "`\(String(part).shortened)` isn't a \(name); write `*`, \(hint), a range, a step or a list of these")
    }

    private static func number(_ text: Substring) -> Int? {
        guard (1...2).contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        return Int(text)
    }
}
