import MeshCore

/// JSON to be written, with its members in a fixed order.
indirect enum JSONTree {
    case object([(String, JSONTree)])
    case list([JSONTree])
    case string(String)
    /// A number, `true`, `false` or `null` as it is to stand.
    case literal(String)

    /// The members of an object in their order.
    typealias Members = [(String, JSONTree)]

    /// Indented text without a line break at the end.
    func text(indentation: String = "") -> String {
        switch self {
        case .string(let text): return JSONText.string(text)
        case .literal(let text): return text
        case .list(let items) where items.isEmpty: return "[]"
        case .list(let items) where items.allSatisfy(\.isScalar):
            return "[" + items.map { $0.text() }.joined(separator: ", ") + "]"
        case .object(let members) where members.isEmpty: return "{}"
        case .list(let items):
            let inner = indentation + "  "
            return "[\n" + items.map { inner + $0.text(indentation: inner) }.joined(separator: ",\n")
                + "\n\(indentation)]"
        case .object(let members):
            let inner = indentation + "  "
            let lines = members.map { "\(inner)\(JSONText.string($0)): \($1.text(indentation: inner))" }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(indentation)}"
        }
    }

    private var isScalar: Bool {
        switch self {
        case .string, .literal: true
        case .object, .list: false
        }
    }
}

// Documents whose form is fixed are written as they look.
extension JSONTree: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral,
    ExpressibleByStringInterpolation, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral
{
    init(dictionaryLiteral elements: (String, JSONTree)...) { self = .object(elements) }
    init(arrayLiteral elements: JSONTree...) { self = .list(elements) }
    init(stringLiteral value: String) { self = .string(value) }
    init(booleanLiteral value: Bool) { self = .literal(value ? "true" : "false") }
    init(integerLiteral value: Int) { self = .literal(String(value)) }
}
