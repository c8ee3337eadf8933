/// An error in a schema document: where, what, and the likely fix.
package struct Diagnostic: Sendable, Hashable, CustomStringConvertible {
    package let location: SourceLocation
    /// What is wrong and, after a semicolon, what to do about it.
    package let message: String

    package init(location: SourceLocation, message: String) {
        self.location = location
        self.message = message
    }

    /// `file:line:column: error: message`.
    package var description: String { "\(location): error: \(message)" }
}
