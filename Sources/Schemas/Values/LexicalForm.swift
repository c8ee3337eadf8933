/// The forms of the scalars that travel as strings; the input is valid UTF-8, escapes resolved.
enum LexicalForm {
    typealias Text = UnsafeRawBufferPointer

    static let maximumDecimalDigits = 38
    static let maximumURLLength = 8192

    static func matches(_ kind: ValueShape.Node.Kind, _ text: Text) -> Bool {
        switch kind {
        case .id: !text.isEmpty
        case .uuid: isUUID(text)
        case .decimal: isDecimal(text)
        case .long: isLong(text)
        case .date: ISO8601.isDate(text)
        case .time: ISO8601.isTime(text)
        case .dateTime: ISO8601.isDateTime(text)
        case .duration: ISO8601.duration(text) != nil
        case .url: isURL(text)
        case .bytes: isBase64(text)
        case .string, .int, .float, .boolean, .json, .object, .enumeration, .list: true
        }
    }

    static func isUUID(_ text: Text) -> Bool {
        guard text.count == 36 else { return false }
        for (index, byte) in text.enumerated() {
            let isHyphen = index == 8 || index == 13 || index == 18 || index == 23
            guard isHyphen ? byte == UInt8(ascii: "-") : byte.hexadecimalValue != nil else { return false }
        }
        return true
    }

    /// `-12.50`: no exponent, no leading zeros or plus, at most 38 digits.
    static func isDecimal(_ text: Text) -> Bool {
        var position = text.first == UInt8(ascii: "-") ? 1 : 0
        let start = position
        while position < text.count, text[position].isDigit { position += 1 }
        let whole = position - start
        guard whole >= 1, whole == 1 || text[start] != UInt8(ascii: "0") else { return false }
        guard position < text.count else { return whole <= maximumDecimalDigits }
        guard text[position] == UInt8(ascii: ".") else { return false }
        position += 1
        let fractionStart = position
        while position < text.count, text[position].isDigit { position += 1 }
        let fraction = position - fractionStart
        return fraction >= 1 && position == text.count && whole + fraction <= maximumDecimalDigits
    }

    /// Digits with an optional minus, without leading zeros.
    static func isWholeNumber(_ text: Text) -> Bool {
        let digits = text.first == UInt8(ascii: "-") ? text.dropFirst() : text[...]
        guard let first = digits.first, first != UInt8(ascii: "0") || digits.count == 1 else { return false }
        return digits.allSatisfy(\.isDigit)
    }

    static func isLong(_ text: Text) -> Bool {
        guard text.count <= 20, isWholeNumber(text) else { return false }
        let isNegative = text[0] == UInt8(ascii: "-")
        var value: Int64 = 0
        for byte in isNegative ? text.dropFirst() : text[...] {
            let (product, overflows) = value.multipliedReportingOverflow(by: 10)
            let digit = Int64(byte - UInt8(ascii: "0"))
            let (sum, overflowsToo) = product.addingReportingOverflow(isNegative ? -digit : digit)
            if overflows || overflowsToo { return false }
            value = sum
        }
        return true
    }

    /// An absolute URL in the characters of RFC 3986: a scheme, a colon, and something behind it.
    static func isURL(_ text: Text) -> Bool {
        guard text.count <= maximumURLLength, let first = text.first, first.isNameStart, first != UInt8(ascii: "_"),
            let colon = text.firstIndex(of: UInt8(ascii: ":")), colon < text.count - 1
        else { return false }
        for byte in text[..<colon] {
            guard byte.isDigit || byte.isNameStart && byte != UInt8(ascii: "_") || "+-.".utf8.contains(byte) else {
                return false
            }
        }
        var position = colon + 1
        // `//` wants a host, or a path for `file:`.
        if position + 1 < text.count, text[position] == UInt8(ascii: "/"), text[position + 1] == UInt8(ascii: "/"),
            position + 2 == text.count
        {
            return false
        }
        while position < text.count {
            let byte = text[position]
            guard byte > 0x20, byte < 0x7F, !"\"<>\\^`{|}".utf8.contains(byte) else { return false }
            if byte == UInt8(ascii: "%") {
                guard position + 2 < text.count, text[position + 1].hexadecimalValue != nil,
                    text[position + 2].hexadecimalValue != nil
                else { return false }
            }
            position += 1
        }
        return true
    }

    /// Standard alphabet with padding (RFC 4648 §4).
    static func isBase64(_ text: Text) -> Bool {
        guard text.count % 4 == 0 else { return false }
        var end = text.count
        if end > 0, text[end - 1] == UInt8(ascii: "=") { end -= text[end - 2] == UInt8(ascii: "=") ? 2 : 1 }
        for index in 0..<end {
            let byte = text[index]
            guard
                byte.isDigit || byte.isNameStart && byte != UInt8(ascii: "_") || byte == UInt8(ascii: "+")
                    || byte == UInt8(ascii: "/")
            else { return false }
        }
        // The bits of the last digit that stand for no byte are zero: what one reader takes, all do (RFC 4648, 3.5).
        let unused: UInt8 = [0, 3, 15][text.count - end]
        return unused == 0 || base64Value(text[end - 1]) & unused == 0
    }

    private static func base64Value(_ digit: UInt8) -> UInt8 {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): digit - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        default: 63
        }
    }

    static func decodedLength(base64 text: Text) -> Int {
        let padding = text.suffix(2).reduce(0) { $1 == UInt8(ascii: "=") ? $0 + 1 : $0 }
        return text.count / 4 * 3 - padding
    }
}
