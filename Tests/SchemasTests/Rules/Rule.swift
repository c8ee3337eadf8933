import Testing

/// A document that breaks a rule, and what must be said of it. The body starts on line 2, behind `@mesh`.
struct Rule: Sendable, CustomTestStringConvertible {
    var body: String
    /// `line: part of the message`; each diagnostic must match one and each one must be matched.
    var expected: [String]

    init(_ body: String, _ expected: String...) { (self.body, self.expected) = (body, expected) }

    var testDescription: String { body }
}
