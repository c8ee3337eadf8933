/// Why a guest project can't be read, made or built.
package struct GuestError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// The project's files or settings are wrong.
        case project
        /// The schema has errors; the message has one line for each.
        case schema
        /// The compiler or the linker has refused the author's code.
        case compilation
        /// The module isn't a guest: its imports, exports or sections.
        case module
        /// A tool or the SDK isn't there.
        case toolchain
        /// A file can't be read or written, or is in the way.
        case files
    }

    package let kind: Kind
    /// What is wrong, where; several lines for several errors.
    package let message: String
    /// What to do about it.
    package let hint: String?

    package init(_ kind: Kind, _ message: String, hint: String? = nil) {
        self.kind = kind
        self.message = message
        self.hint = hint
    }

    package var description: String { hint.map { "\(message)\n\($0)" } ?? message }
}
