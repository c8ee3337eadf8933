import MeshCore

/// Reads the JSON that `HeaderText` writes: one object whose values are strings or `{"base64": string}`.
struct HeaderTextReader {
    private let bytes: [UInt8]
    private var at = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    mutating func headers() -> [WireHeader]? {
        guard take("{") else { return nil }
        var headers: [WireHeader] = []
        if take("}") { return headers }
        repeat {
            guard let name = string(), take(":"), let value = value() else { return nil }
            headers.append(WireHeader(name: name, value: value))
        } while take(",")
        return take("}") ? headers : nil
    }

    private mutating func value() -> [UInt8]? {
        if take("{") {
            guard string() == "base64", take(":"), let text = string(), take("}") else { return nil }
            return Base64.decode(text)
        }
        return string().map { Array($0.utf8) }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        while at < bytes.count, bytes[at] == 32 { at += 1 }
        guard at < bytes.count, UInt32(bytes[at]) == character.value else { return false }
        at += 1
        return true
    }

    private mutating func string() -> String? {
        guard take("\"") else { return nil }
        var content: [UInt8] = []
        while at < bytes.count {
            let byte = bytes[at]
            at += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: content, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let scalar = escaped() else { return nil }
                content.append(contentsOf: String(scalar).utf8)
            default: content.append(byte)
            }
        }
        return nil
    }

    /// `JSONText` escapes nothing outside the first plane, so there are no surrogate pairs to join.
    private mutating func escaped() -> Character? {
        guard at < bytes.count else { return nil }
        let byte = bytes[at]
        at += 1
        switch byte {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            guard at + 4 <= bytes.count,
                let code = UInt32(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16),
                let scalar = Unicode.Scalar(code)
            else { return nil }
            at += 4
            return Character(scalar)
        default: return Character(Unicode.Scalar(byte))
        }
    }
}
