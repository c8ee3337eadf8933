import MeshCore

/// JSON to be written, with its members in a fixed order.
indirect enum JSONTree {
    case object([(String, JSONTree)])
    case list([JSONTree])
    case string(String)
    /// A number, `true`, `false` or `null` as it is to stand.
    case literal(String)

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
