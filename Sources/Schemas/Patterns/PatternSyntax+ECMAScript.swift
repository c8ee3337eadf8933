extension PatternSyntax {
    /// The pattern in the syntax of ECMAScript, with or without its flag `u`.
    ///
    /// Ours takes what that doesn't: `\@` for `@`, `}` and `]` as themselves. And what both take may mean other sets there (`.`, `\s`), so that
    /// each set is written with its characters.
    var ecmaScript: String {
        switch self {
        case .empty: ""
        case .start: "^"
        case .end: "$"
        case .set(let set): set.ecmaScript
        case .sequence(let parts): parts.map { $0.isAtom ? $0.ecmaScript : "(?:\($0.ecmaScript))" }.joined()
        case .alternatives(let all):
            all.map { if case .alternatives = $0 { "(?:\($0.ecmaScript))" } else { $0.ecmaScript } }
                .joined(separator: "|")
        case .repetition(let part, let minimum, let maximum):
            (part.isSet ? part.ecmaScript : "(?:\(part.ecmaScript))")
                + PatternSyntax.quantifier(minimum, maximum)
        }
    }

    private static func quantifier(_ minimum: Int, _ maximum: Int?) -> String {
        switch (minimum, maximum) {
        case (0, nil): "*"
        case (1, nil): "+"
        case (0, 1): "?"
        case (let minimum, nil): "{\(minimum),}"
        case (let minimum, let maximum?): minimum == maximum ? "{\(minimum)}" : "{\(minimum),\(maximum)}"
        }
    }

    /// True for what stays one where something stands beside it.
    private var isAtom: Bool {
        switch self {
        case .empty, .set, .start, .end, .repetition: true
        case .sequence, .alternatives: false
        }
    }

    private var isSet: Bool { if case .set = self { true } else { false } }
}

extension ScalarSet {
    fileprivate var ecmaScript: String {
        if let only = ranges.first, ranges.count == 1, only.count == 1 {
            return ScalarSet.literal(only.lowerBound, escaping: ScalarSet.special)
        }
        // Most that reach up to the last character were written as what they aren't.
        let isInverted = ranges.last?.upperBound == 0x10FFFF
        let shown = isInverted ? inverted.ranges : ranges
        // Not every reader takes `[^]` and `[]`.
        guard !shown.isEmpty else { return isInverted ? "[\\s\\S]" : "[^\\s\\S]" }
        let members = shown.map { range in
            let ends = [range.lowerBound, range.upperBound].map {
                ScalarSet.literal($0, escaping: ScalarSet.special + "-")
            }
            return range.count == 1 ? ends[0] : ends.joined(separator: range.count == 2 ? "" : "-")
        }
        return "[\(isInverted ? "^" : "")\(members.joined())]"
    }

    private static let special = "^$\\.*+?()[]{}|"

    /// A character that stands for itself.
    private static func literal(_ value: UInt32, escaping special: String) -> String {
        let hexadecimal = String(value, radix: 16)
        guard value >= 0x20, value < 0x7F || value > 0x9F, let scalar = Unicode.Scalar(value) else {
            return "\\u" + String(repeating: "0", count: max(0, 4 - hexadecimal.count)) + hexadecimal
        }
        return special.unicodeScalars.contains(scalar) ? "\\\(scalar)" : "\(scalar)"
    }
}
