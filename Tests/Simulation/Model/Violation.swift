/// A promise that a run broke.
struct Violation: CustomStringConvertible {
    /// I1 to I5, I7.
    var invariant: String
    var text: String
    /// Milliseconds after the beginning.
    var time: String

    var description: String { "\(invariant) broken at \(time) ms: \(text)" }
}
