/// Why there is no answer to a request.
package struct HTTPClientError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// Nobody listens there, or the name is unknown: the request was not sent.
        case unreachable
        case timedOut
        case cancelled
        /// The body of the answer is larger than what is taken.
        case tooLarge
        case failed
    }

    package var kind: Kind
    package var message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    package var description: String { message }
}
