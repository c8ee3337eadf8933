extension String {
    /// Postgres can't store U+0000, and an error report must never be what fails.
    package var withoutNUL: String {
        utf8.contains(0) ? String(String.UnicodeScalarView(unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 })) : self
    }

    /// JSON text with U+FFFD for the escapes that Postgres takes for no character: U+0000 and halves of surrogate pairs.
    ///
    /// It stores them, but then no question about such a value can be asked (`->>`), and one row spoils the answer for all.
    var withStorableEscapes: String {
        guard utf8.contains(UInt8(ascii: "\\")) else { return self }
        var bytes = Array(utf8)
        var at = 0
        while at < bytes.count {
            guard bytes[at] == UInt8(ascii: "\\") else {
                at += 1
                continue
            }
            guard let unit = String.escapedUnit(bytes, at) else {
                at += 2
                continue
            }
            if UTF16.isLeadSurrogate(unit), let next = String.escapedUnit(bytes, at + 6), UTF16.isTrailSurrogate(next) {
                at += 12
                continue
            }
            if unit == 0 || UTF16.isLeadSurrogate(unit) || UTF16.isTrailSurrogate(unit) {
                bytes.replaceSubrange((at + 2)..<(at + 6), with: "fffd".utf8)
            }
            at += 6
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What the escape `\uXXXX` at a place stands for; nil where there is none.
    private static func escapedUnit(_ bytes: [UInt8], _ at: Int) -> UInt16? {
        guard at + 6 <= bytes.count, bytes[at] == UInt8(ascii: "\\"), bytes[at + 1] == UInt8(ascii: "u") else {
            return nil
        }
        return UInt16(String(decoding: bytes[(at + 2)..<(at + 6)], as: UTF8.self), radix: 16)
    }
}

extension [UInt8] {
    /// Whether a text column of Postgres takes it.
    package var isStorableText: Bool { !contains(0) && String(validating: self, as: UTF8.self) != nil }
}
