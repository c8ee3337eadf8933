/// How many columns texts take on a terminal: many characters of East Asia and most emoji take two, marks that stand on others none.
extension String {
    package var terminalColumns: Int { reduce(0) { $0 + $1.terminalColumns } }
}

extension Character {
    package var terminalColumns: Int {
        guard let first = unicodeScalars.first else { return 0 }
        if first.isASCII, unicodeScalars.count == 1 { return 1 }
        switch first.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        // With U+FE0F a character that is a text by itself is an emoji.
        if unicodeScalars.contains("\u{FE0F}") || first.properties.isEmojiPresentation { return 2 }
        return Character.wide.contains { $0.contains(first.value) } ? 2 : 1
    }

    /// What Unicode calls wide or fullwidth, but for the emoji.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
        0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60,
        0xFFE0...0xFFE6, 0x16FE0...0x18DF2, 0x1AFF0...0x1B2FF, 0x20000...0x3FFFD,
    ]
}
