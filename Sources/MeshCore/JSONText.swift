/// Writing JSON text by hand where a full encoder would be a detour.
package enum JSONText {
    /// Appends `string` as a JSON string literal (RFC 8259 §7), quotes included.
    package static func appendString(_ string: some StringProtocol, to text: inout String) {
        text.append("\"")
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
        text.append("\"")
    }

    /// `string` as a JSON string literal.
    package static func string(_ string: some StringProtocol) -> String {
        var text = ""
        appendString(string, to: &text)
        return text
    }
}
