import MeshCore
import Wasm

/// JSON in one form: no white space, members in the order of their names, no escapes but the necessary ones, numbers without
/// superfluous digits, no members that are null, as those stand for what isn't there. Two texts that say the same become the same.
struct CanonicalJSON {
    private let bytes: [UInt8]
    private let keepsNulls: Bool
    private var at = 0

    /// Deeper nesting is left as it is, so that hostile input can't exhaust the stack.
    private static let depthLimit = 128

    /// The canonical text; the input itself where it can't be read.
    static func text(of input: [UInt8], keepsNulls: Bool = false) -> [UInt8] {
        var reader = CanonicalJSON(bytes: input, keepsNulls: keepsNulls)
        guard let text = reader.value(depthLimit) else { return input }
        reader.skipSpace()
        return reader.at == input.count ? text : input
    }

    private init(bytes: [UInt8], keepsNulls: Bool) {
        self.bytes = bytes
        self.keepsNulls = keepsNulls
    }

    private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { at += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard next == byte else { return false }
        at += 1
        return true
    }

    private mutating func value(_ depth: Int) -> [UInt8]? {
        guard depth > 0 else { return nil }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return object(depth)
        case UInt8(ascii: "["): return array(depth)
        case UInt8(ascii: "\""): return string()
        case let byte? where byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte): return number()
        default: return word()
        }
    }

    private mutating func object(_ depth: Int) -> [UInt8]? {
        at += 1
        var members: [(name: [UInt8], value: [UInt8])] = []
        if !take(UInt8(ascii: "}")) {
            repeat {
                skipSpace()
                guard let name = string(), take(UInt8(ascii: ":")), let value = value(depth - 1) else { return nil }
                if keepsNulls || value != Array("null".utf8) { members.append((name, value)) }
            } while take(UInt8(ascii: ","))
            guard take(UInt8(ascii: "}")) else { return nil }
        }
        members.sort { $0.name.lexicographicallyPrecedes($1.name) }
        var text: [UInt8] = [UInt8(ascii: "{")]
        for (index, member) in members.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            text += member.name
            text.append(UInt8(ascii: ":"))
            text += member.value
        }
        return text + [UInt8(ascii: "}")]
    }

    private mutating func array(_ depth: Int) -> [UInt8]? {
        at += 1
        var text: [UInt8] = [UInt8(ascii: "[")]
        if !take(UInt8(ascii: "]")) {
            repeat {
                guard let value = value(depth - 1) else { return nil }
                if text.count > 1 { text.append(UInt8(ascii: ",")) }
                text += value
            } while take(UInt8(ascii: ","))
            guard take(UInt8(ascii: "]")) else { return nil }
        }
        return text + [UInt8(ascii: "]")]
    }

    private mutating func word() -> [UInt8]? {
        for word in ["true", "false", "null"] where bytes[at...].starts(with: word.utf8) {
            at += word.utf8.count
            return Array(word.utf8)
        }
        return nil
    }

    /// A string literal with the escapes that it needs.
    private mutating func string() -> [UInt8]? {
        guard next == UInt8(ascii: "\"") else { return nil }
        let start = at
        at += 1
        var hasEscapes = false
        while let byte = next {
            at += 1
            if byte == UInt8(ascii: "\"") {
                let literal = bytes[start..<at]
                return hasEscapes ? CanonicalJSON.unescaped(Array(literal)) : Array(literal)
            }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                at += 1
            }
        }
        return nil
    }

    private static func unescaped(_ literal: [UInt8]) -> [UInt8]? {
        guard let text = JSONMembers(Array("{\"s\":".utf8) + literal + [UInt8(ascii: "}")])?.string("s") else {
            return nil
        }
        return Array(JSONText.string(text).utf8)
    }

    /// `-1.50e2` is `-15e1`: the significant digits and the power of ten.
    private mutating func number() -> [UInt8]? {
        let isNegative = next == UInt8(ascii: "-")
        if isNegative { at += 1 }
        var digits = takeDigits()
        guard !digits.isEmpty else { return nil }
        var exponent = 0
        if next == UInt8(ascii: ".") {
            at += 1
            let fraction = takeDigits()
            exponent = -fraction.count
            digits += fraction
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            at += 1
            let sign = next == UInt8(ascii: "-") ? -1 : 1
            if next == UInt8(ascii: "-") || next == UInt8(ascii: "+") { at += 1 }
            guard let power = Int(String(decoding: takeDigits(), as: UTF8.self)), power < 1_000_000_000 else {
                return nil
            }
            exponent += sign * power
        }
        let zero = UInt8(ascii: "0")
        digits = Array(digits.drop { $0 == zero })
        while digits.last == zero {
            digits.removeLast()
            exponent += 1
        }
        guard !digits.isEmpty else { return [zero] }
        return (isNegative ? [UInt8(ascii: "-")] : []) + digits + (exponent == 0 ? [] : Array("e\(exponent)".utf8))
    }

    private mutating func takeDigits() -> [UInt8] {
        let start = at
        while let byte = next, (0x30...0x39).contains(byte) { at += 1 }
        return Array(bytes[start..<at])
    }
}
