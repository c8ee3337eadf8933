/// Compiles each pattern of a schema once, and bounds how many there are.
final class PatternShelf {
    private var known: [String: PatternError?] = [:]

    /// Throws where the pattern is refused.
    func check(_ text: String) throws(PatternError) {
        if let finding = known[text] {
            if let finding { throw finding }
            return
        }
        guard known.count < SchemaLimits.patterns else {
            throw PatternError("the schema has more than \(SchemaLimits.patterns) different patterns")
        }
        do {
            _ = try Pattern(text)
            known[text] = .some(nil)
        } catch {
            known[text] = error
            throw error
        }
    }
}
