/// Reads a regular expression; docs/schema-language.md names the subset.
struct PatternParser {
    private static let maximumRepetition = 1000
    private static let maximumNesting = 32
    static let maximumLength = 1000

    private var rest: ArraySlice<Unicode.Scalar>
    private var depth = 0

    static func parse(_ pattern: String) throws(PatternError) -> PatternSyntax {
        var parser = PatternParser(rest: Array(pattern.unicodeScalars)[...])
        guard parser.rest.count <= maximumLength else {
            throw PatternError("it is longer than \(maximumLength) characters")
        }
        let syntax = try parser.alternatives()
        if parser.rest.first == ")" { throw PatternError("`)` closes nothing") }
        return syntax
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard rest.first == scalar else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func alternatives() throws(PatternError) -> PatternSyntax {
        var all = [try sequence()]
        while take("|") { all.append(try sequence()) }
        return all.count == 1 ? all[0] : .alternatives(all)
    }

    private mutating func sequence() throws(PatternError) -> PatternSyntax {
        var parts: [PatternSyntax] = []
        while let next = rest.first, next != "|", next != ")" {
            let part = try repetition()
            if part != .empty { parts.append(part) }
        }
        return parts.count == 1 ? parts[0] : parts.isEmpty ? .empty : .sequence(parts)
    }

    private mutating func repetition() throws(PatternError) -> PatternSyntax {
        let atom = try atom()
        guard let next = rest.first, "*+?{".unicodeScalars.contains(next) else { return atom }
        if atom == .start || atom == .end { throw PatternError("`\(next)` repeats nothing") }
        rest.removeFirst()
        var bounds: (minimum: Int, maximum: Int?)
        switch next {
        case "*": bounds = (0, nil)
        case "+": bounds = (1, nil)
        case "?": bounds = (0, 1)
        default: bounds = try braces()
        }
        // A lazy quantifier matches the same texts, since the whole text must match.
        _ = take("?")
        if let again = rest.first, "*+{".unicodeScalars.contains(again) {
            throw PatternError("`\(again)` follows another quantifier; put the first part in parentheses")
        }
        // Nothing, however often: it would add no states, which bound the work on repetitions within repetitions.
        if atom == .empty || bounds.maximum == 0 { return .empty }
        return .repetition(atom, minimum: bounds.minimum, maximum: bounds.maximum)
    }

    /// `{3}`, `{3,}` or `{3,5}`; the brace has been read.
    private mutating func braces() throws(PatternError) -> (minimum: Int, maximum: Int?) {
        let error = PatternError("`{` wants a count: `{3}`, `{3,}` or `{3,5}`; a brace itself is written `\\{`")
        guard let minimum = number() else { throw error }
        var maximum: Int? = minimum
        if take(",") { maximum = rest.first == "}" ? nil : number() ?? -1 }
        guard take("}"), maximum != -1 else { throw error }
        guard minimum <= PatternParser.maximumRepetition, maximum ?? 0 <= PatternParser.maximumRepetition else {
            throw PatternError(
                "it repeats more than \(PatternParser.maximumRepetition) times; use `@length` for such a bound")
        }
        guard minimum <= maximum ?? minimum else {
            throw PatternError("`{\(minimum),\(maximum ?? 0)}` counts backwards")
        }
        return (minimum, maximum)
    }

    private mutating func number() -> Int? {
        let digits = rest.prefix { ("0"..."9").contains($0) }
        guard (1...6).contains(digits.count) else { return nil }
        rest = rest.dropFirst(digits.count)
        return digits.reduce(0) { $0 * 10 + Int($1.value - 0x30) }
    }

    private mutating func atom() throws(PatternError) -> PatternSyntax {
        let scalar = rest.removeFirst()
        switch scalar {
        case "^": return .start
        case "$": return .end
        case ".": return .set(.dot)
        case "[": return .set(try characterClass())
        case "(": return try group()
        case "\\": return .set(try escape())
        case "*", "+", "?", "{": throw PatternError("`\(scalar)` repeats nothing")
        default: return .set(ScalarSet(scalar))
        }
    }

    private mutating func group() throws(PatternError) -> PatternSyntax {
        if take("?") {
            guard take(":") else {
                throw PatternError("`(?…` other than `(?:…)` isn't supported: no look-around, flags or named groups")
            }
        }
        depth += 1
        guard depth <= PatternParser.maximumNesting else {
            throw PatternError("groups nest at most \(PatternParser.maximumNesting) deep")
        }
        let inner = try alternatives()
        depth -= 1
        guard take(")") else { throw PatternError("`(` is never closed") }
        return inner
    }

    // MARK: Characters

    /// What a backslash and the next character stand for; the backslash has been read.
    private mutating func escape() throws(PatternError) -> ScalarSet {
        guard let scalar = rest.popFirst() else { throw PatternError("it ends with a backslash") }
        switch scalar {
        case "d": return .digits
        case "D": return ScalarSet.digits.inverted
        case "w": return .words
        case "W": return ScalarSet.words.inverted
        case "s": return .spaces
        case "S": return ScalarSet.spaces.inverted
        case "n": return ScalarSet("\n")
        case "r": return ScalarSet("\r")
        case "t": return ScalarSet("\t")
        case "u":
            let digits = rest.prefix(4).compactMap { UInt8(ascii: $0.isASCII ? $0 : " ").hexadecimalValue }
            let value = digits.reduce(UInt32(0)) { $0 << 4 | UInt32($1) }
            guard digits.count == 4, let scalar = Unicode.Scalar(value) else {
                throw PatternError("`\\u` wants four hexadecimal digits")
            }
            rest = rest.dropFirst(4)
            return ScalarSet(scalar)
        case "0"..."9": throw PatternError("`\\\(scalar)`: references to groups aren't supported")
        case "a"..."z", "A"..."Z":
            throw PatternError("`\\\(scalar)` isn't supported; there are \\d \\w \\s \\D \\W \\S \\n \\r \\t \\uXXXX")
        default: return ScalarSet(scalar)
        }
    }

    /// `[a-z_]`; the bracket has been read.
    private mutating func characterClass() throws(PatternError) -> ScalarSet {
        let isInverted = take("^")
        var ranges: [ClosedRange<UInt32>] = []
        var isFirst = true
        while true {
            guard let next = rest.first else { throw PatternError("`[` is never closed") }
            if next == "]", !isFirst { break }
            if next == "]", rest.dropFirst().isEmpty { throw PatternError("`[` is never closed") }
            isFirst = false
            let lower = try classMember()
            // `a-z`; a hyphen at the end stands for itself.
            guard rest.first == "-", let after = rest.dropFirst().first, after != "]" else {
                ranges += lower.ranges
                continue
            }
            rest.removeFirst()
            let upper = try classMember()
            guard let from = lower.single, let to = upper.single else {
                throw PatternError("a range `a-z` is between two characters")
            }
            guard from <= to else {
                throw PatternError(
                    "the range `\(Unicode.Scalar(from).map(String.init) ?? "")-\(Unicode.Scalar(to).map(String.init) ?? "")` runs backwards"
                )
            }
            ranges.append(from...to)
        }
        rest.removeFirst()
        let set = ScalarSet(ranges)
        return isInverted ? set.inverted : set
    }

    private mutating func classMember() throws(PatternError) -> ScalarSet {
        let scalar = rest.removeFirst()
        if scalar == "[", rest.first == ":" { throw PatternError("`[:name:]` isn't supported; write the ranges") }
        return scalar == "\\" ? try escape() : ScalarSet(scalar)
    }
}

extension ScalarSet {
    /// The only member, if there is but one.
    fileprivate var single: UInt32? {
        guard let range = ranges.first, ranges.count == 1, range.count == 1 else { return nil }
        return range.lowerBound
    }
}
