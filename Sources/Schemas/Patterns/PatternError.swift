/// Why a regular expression is refused.
struct PatternError: Error, Equatable {
    /// What is wrong, with the part that is.
    var message: String

    init(_ message: String) { self.message = message }
}
