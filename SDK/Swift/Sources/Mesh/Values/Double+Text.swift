extension Double {
    /// The nearest number to a JSON number's text (or `+`, `inf` and the like of Swift's own reading); nil for anything else.
    init?(decimalText text: String) { self.init(text) }

    /// The shortest text that reads as the same number.
    var decimalText: String {
        let text = description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
