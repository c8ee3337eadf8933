/// Why a part of the local mesh could not be started or stopped: what, where, and what to do.
package struct EmbeddedError: Error, Sendable, CustomStringConvertible {
    package var message: String

    package init(_ message: String) { self.message = message }

    package var description: String { message }
}
