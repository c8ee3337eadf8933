/// A decorator whose arguments have the kinds they should have.
struct BoundDecorator {
    enum Value {
        case text(String)
        case wholeNumber(Int)
        /// Decimal text as written.
        case number(String)
        case duration(Duration)
        case byteCount(Int)
        case texts([String])
        case object(BoundDecorator)
    }

    struct Argument {
        var value: Value
        /// Of the value.
        var location: SourceLocation
    }

    var name: String
    var location: SourceLocation
    var arguments: [String: Argument] = [:]

    func location(of argument: String) -> SourceLocation { arguments[argument]?.location ?? location }

    func text(_ name: String) -> String? {
        if case .text(let text)? = arguments[name]?.value { text } else { nil }
    }
    func wholeNumber(_ name: String) -> Int? {
        switch arguments[name]?.value {
        case .wholeNumber(let number), .byteCount(let number): number
        default: nil
        }
    }
    func number(_ name: String) -> String? {
        if case .number(let text)? = arguments[name]?.value { text } else { nil }
    }
    func duration(_ name: String) -> Duration? {
        if case .duration(let duration)? = arguments[name]?.value { duration } else { nil }
    }
    func texts(_ name: String) -> [String]? {
        if case .texts(let texts)? = arguments[name]?.value { texts } else { nil }
    }
    func object(_ name: String) -> BoundDecorator? {
        if case .object(let object)? = arguments[name]?.value { object } else { nil }
    }
}
