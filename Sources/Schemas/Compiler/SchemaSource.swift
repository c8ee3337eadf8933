/// A schema document, and where it came from.
package struct SchemaSource: Sendable, Hashable {
    /// As it is to be shown in messages.
    package let path: String
    /// UTF-8 as read; the lexer reports what isn't.
    package let bytes: [UInt8]

    package init(path: String, text: String) { self.init(path: path, bytes: Array(text.utf8)) }

    package init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
    }

    package var text: String { String(decoding: bytes, as: UTF8.self) }
}
