/// A token with its place.
struct Token {
    enum Kind: Equatable {
        case name
        case integer
        /// A number with a fraction or an exponent.
        case float
        /// The text is the content, escapes resolved.
        case string
        case blockString
        /// One of `@ ( ) [ ] { } : ! =`; the text is the character.
        case punctuator
        case endOfFile
    }

    var kind: Kind
    var text: String
    /// Line and column (both from 1) of the first character.
    var line: Int
    var column: Int
    /// The line of the last character.
    var endLine: Int
    /// True for a string that never ends: what follows can't be trusted.
    var isBroken = false
    /// True for a token that was reported by the lexer; nothing more is said about it.
    var isReported = false

    func isPunctuator(_ character: String) -> Bool { kind == .punctuator && text == character }
    func isName(_ name: String) -> Bool { kind == .name && text == name }

    /// As it is to be shown in messages.
    var shown: String {
        switch kind {
        case .endOfFile: "the end of the file"
        case .string, .blockString: "a string"
        case .name, .integer, .float, .punctuator: "`\(text.shortened)`"
        }
    }
}

extension String {
    /// Cut so that a message stays readable.
    var shortened: String {
        unicodeScalars.count <= 60 ? self : String(String.UnicodeScalarView(unicodeScalars.prefix(57))) + "…"
    }
}
