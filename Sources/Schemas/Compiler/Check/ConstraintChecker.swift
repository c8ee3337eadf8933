/// Checks `@min`, `@max`, `@length` and `@pattern` against the type they stand on.
struct ConstraintChecker {
    let sink: DiagnosticSink
    let type: TypeReference
    /// The name of the field or the argument.
    let owner: String
    let patterns: PatternShelf

    func constraints(_ decorators: [String: BoundDecorator]) -> Constraints {
        var constraints = Constraints()
        constraints.minimum = bound(decorators["min"])
        constraints.maximum = bound(decorators["max"])
        if let minimum = constraints.minimum, let maximum = constraints.maximum, let low = DecimalText(minimum),
            let high = DecimalText(maximum), low > high, let location = decorators["max"]?.location
        {
            sink.report(location, "`@min` (\(minimum)) is above `@max` (\(maximum)) of `\(owner)`; swap them")
        }
        length(decorators["length"], &constraints)
        constraints.pattern = pattern(decorators["pattern"])
        return constraints
    }

    private var isUnresolved: Bool { type.innermost.base == .object(Checker.unresolved) }

    private func bound(_ decorator: BoundDecorator?) -> String? {
        guard let decorator, let text = decorator.number("value"), !isUnresolved else { return nil }
        let location = decorator.location(of: "value")
        guard case .scalar(let scalar) = type.innermost.base, [.int, .long, .float, .decimal].contains(scalar) else {
            sink.report(
                decorator.location,
                "`@\(decorator.name)` bounds a number, and `\(owner)` is \(shownType)\(isText ? "; bound its length with `@length(\(decorator.name): …)`" : "")"
            )
            return nil
        }
        guard let number = DecimalText(text) else {
            sink.report(location, "`\(text.shortened)` is too large for a bound")
            return nil
        }
        let range: ClosedRange<DecimalText>? =
            switch scalar {
            case .int: ConstraintChecker.range(Int32.min, Int32.max)
            case .long: ConstraintChecker.range(Int64.min, Int64.max)
            default: nil
            }
        if let range, !range.contains(number) {
            let hint = scalar == .int ? "; use `Long` for larger numbers" : ""
            sink.report(
                location,
                "`\(text.shortened)` doesn't fit the \(scalar == .int ? 32 : 64) bits of `\(scalar.rawValue)`\(hint)")
        } else if range != nil, !number.isWhole {
            sink.report(location, "`\(text.shortened)` bounds the whole number `\(owner)`; write a whole number")
        } else if scalar == .float, Double(text)?.isFinite != true {
            sink.report(location, "`\(text.shortened)` doesn't fit a `Float`")
        } else {
            return text
        }
        return nil
    }

    private static func range(_ low: some FixedWidthInteger, _ high: some FixedWidthInteger) -> ClosedRange<
        DecimalText
    >? {
        guard let low = DecimalText(String(low)), let high = DecimalText(String(high)) else { return nil }
        return low...high
    }

    private func length(_ decorator: BoundDecorator?, _ constraints: inout Constraints) {
        guard let decorator, !isUnresolved else { return }
        let isCounted = type.listElement != nil || isText || type.base == .scalar(.bytes)
        guard isCounted else {
            sink.report(
                decorator.location,
                "`@length` bounds a text, bytes or a list, and `\(owner)` is \(shownType)\(isNumber ? "; use `@min` and `@max`" : "")"
            )
            return
        }
        constraints.minimumLength = decorator.wholeNumber("min")
        constraints.maximumLength = decorator.wholeNumber("max")
        if decorator.arguments.isEmpty {
            sink.report(decorator.location, "`@length` wants `min: …`, `max: …` or both")
        }
        if let minimum = constraints.minimumLength, let maximum = constraints.maximumLength, minimum > maximum {
            sink.report(
                decorator.location, "`min` (\(minimum)) of `@length` is above its `max` (\(maximum)); swap them")
        }
    }

    private func pattern(_ decorator: BoundDecorator?) -> String? {
        guard let decorator, let text = decorator.text("regex"), !isUnresolved else { return nil }
        guard case .scalar(let scalar) = type.innermost.base, [.string, .id, .url].contains(scalar) else {
            sink.report(
                decorator.location, "`@pattern` is for `String`, `ID` and `URL`, and `\(owner)` is \(shownType)")
            return nil
        }
        do {
            try patterns.check(text)
            return text
        } catch {
            sink.report(decorator.location(of: "regex"), "the pattern `\(text.shortened)` is refused: \(error.message)")
            return nil
        }
    }

    private var shownType: String { "`\(TypeReference(type.base, isNullable: true))`" }

    private var isText: Bool {
        type.base == .scalar(.string) || type.base == .scalar(.id) || type.base == .scalar(.url)
    }

    private var isNumber: Bool {
        [.scalar(.int), .scalar(.long), .scalar(.float), .scalar(.decimal)].contains(type.base)
    }
}
