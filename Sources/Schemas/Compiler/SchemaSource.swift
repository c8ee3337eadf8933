/// A schema document as text, and where it came from.
package struct SchemaSource: Sendable, Hashable {
    /// As it is to be shown in messages.
    package let path: String
    package let text: String

    package init(path: String, text: String) {
        self.path = path
        self.text = text
    }
}
