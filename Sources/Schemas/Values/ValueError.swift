/// Why a JSON value isn't of its type: where in the value, which rule, and the offending part.
package struct ValueError: Error, Sendable, Hashable, CustomStringConvertible {
    package let rule: ValueRule
    /// `order.items[2].quantity`; empty for the value as a whole.
    package let path: String
    /// What is wanted, as the end of a sentence that begins with the path: `must be at least 1, and is 0`.
    package let message: String
    /// The offending part as it stands in the JSON, cut short; nil where nothing stands there.
    package let value: String?
    /// Where in the bytes.
    package let offset: Int

    package init(rule: ValueRule, path: String, message: String, value: String?, offset: Int) {
        self.rule = rule
        self.path = path
        self.message = message
        self.value = value
        self.offset = offset
    }

    /// `order.items[2].quantity must be at least 1, and is 0`.
    package var description: String { "\(path.isEmpty ? "the value" : path) \(message)" }
}

/// A finding of the validator, before it is told in words: cheap to throw.
struct ValueFailure: Error {
    var rule: ValueRule
    var offset: Int
    /// The node of the shape that was expected; -1 for none.
    var node: Int32 = -1
    /// The field that is missing; -1 for none.
    var field: Int32 = -1
    /// What was expected, for malformed JSON.
    var what: StaticString = ""
}
