/// A JSON value that knows where it stands in its text.
package struct JSONNode: Sendable, Equatable {
    package indirect enum Value: Sendable, Equatable {
        case null
        case bool(Bool)
        /// As written, so that no digit is lost.
        case number(String)
        case string(String)
        case array([JSONNode])
        case object([Member])
    }

    package struct Member: Sendable, Equatable {
        package let name: String
        package let line: Int
        package let column: Int
        package let node: JSONNode
    }

    package let value: Value
    package let line: Int
    package let column: Int

    package init(value: Value, line: Int, column: Int) {
        self.value = value
        self.line = line
        self.column = column
    }

    /// The member `name` of an object, or nil.
    package subscript(_ name: String) -> JSONNode? {
        guard case .object(let members) = value else { return nil }
        return members.first { $0.name == name }?.node
    }

    /// The elements of an array; none for anything else.
    package var elements: [JSONNode] {
        if case .array(let elements) = value { elements } else { [] }
    }

    /// The members of an object; none for anything else.
    package var members: [Member] {
        if case .object(let members) = value { members } else { [] }
    }

    /// A scalar as plain text (a string without its quotes), or nil for null, arrays and objects.
    package var text: String? {
        switch value {
        case .bool(let bool): bool ? "true" : "false"
        case .number(let number): number
        case .string(let string): string
        case .null, .array, .object: nil
        }
    }

    /// The scalar of a member as text, or nothing.
    package func text(_ name: String) -> String { self[name]?.text ?? "" }

    /// The value as JSON text: on one line, or with two spaces of indentation.
    package func rendered(pretty: Bool = false, indent: String = "") -> String {
        let inner = indent + "  "
        func list(_ open: String, _ close: String, _ parts: [String]) -> String {
            guard !parts.isEmpty else { return open + close }
            return pretty
                ? "\(open)\n" + parts.map { inner + $0 }.joined(separator: ",\n") + "\n\(indent)\(close)"
                : open + parts.joined(separator: ",") + close
        }
        switch value {
        case .null: return "null"
        case .bool(let bool): return bool ? "true" : "false"
        case .number(let number): return number
        case .string(let string): return JSONText.string(string)
        case .array(let elements): return list("[", "]", elements.map { $0.rendered(pretty: pretty, indent: inner) })
        case .object(let members):
            let separator = pretty ? ": " : ":"
            return list(
                "{", "}",
                members.map { JSONText.string($0.name) + separator + $0.node.rendered(pretty: pretty, indent: inner) })
        }
    }
}
