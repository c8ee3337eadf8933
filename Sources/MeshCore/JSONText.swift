/// Writing JSON text by hand where a full encoder would be a detour.
package enum JSONText {
    /// Appends `string` as a JSON string literal (RFC 8259 §7), quotes included.
    package static func appendString(_ string: some StringProtocol, to text: inout String) {
        appendString(String(string), to: &text)
    }

    /// The same without anything generic, which other modules would pay for with each character.
    package static func appendString(_ string: String, to text: inout String) {
        text.append("\"")
        defer { text.append("\"") }
        let isPlain = string.utf8.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
        if isPlain { return text.append(contentsOf: string) }
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text.append("\\\"")
            case "\\": text.append("\\\\")
            case "\n": text.append("\\n")
            case "\r": text.append("\\r")
            case "\t": text.append("\\t")
            default:
                if scalar.value < 0x20 {
                    let digits = String(scalar.value, radix: 16)
                    text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                } else {
                    text.unicodeScalars.append(scalar)
                }
            }
        }
    }

    /// `string` as a JSON string literal.
    package static func string(_ string: some StringProtocol) -> String {
        var text = ""
        appendString(string, to: &text)
        return text
    }
}
