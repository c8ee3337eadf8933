/// A positional value of a command.
package struct Argument: Sendable {
    package enum Count: Sendable { case one, optional, many, oneOrMore }

    /// The word for it in usage lines, `TARGET`.
    package let name: String
    package let summary: String
    package let count: Count

    package init(_ name: String, _ count: Count, _ summary: String) {
        self.name = name
        self.count = count
        self.summary = summary
    }

    /// An argument that must be there, once.
    package init(_ name: String, _ summary: String) { self.init(name, .one, summary) }

    /// How it stands in a usage line.
    var usage: String {
        switch count {
        case .one: name
        case .optional: "[\(name)]"
        case .many: "[\(name)…]"
        case .oneOrMore: "\(name)…"
        }
    }
}
