/// Why the server can't start, or a request can't be read.
package struct HTTPServerError: Error, Sendable, Equatable, CustomStringConvertible {
    package var message: String
    package init(_ message: String) { self.message = message }
    package var description: String { message }
}
