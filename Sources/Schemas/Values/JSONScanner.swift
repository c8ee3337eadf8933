/// Finds parts of JSON without making a tree of it. Safe on any bytes; on what isn't JSON it finds nothing, or something.
package enum JSONScanner {
    /// The text of the scalar at `path` (names of fields) as a key: a string's content, a number or a boolean as written.
    /// Nil where nothing, null, an object or an array stands there.
    package static func keyText(of path: [String], in bytes: UnsafeRawBufferPointer) -> String? {
        guard let range = range(of: path, in: bytes), let first = range.isEmpty ? nil : bytes[range.lowerBound] else {
            return nil
        }
        switch first {
        case UInt8(ascii: "\""):
            let content = UnsafeRawBufferPointer(rebasing: bytes[range.dropFirst().dropLast()])
            guard content.contains(UInt8(ascii: "\\")) else { return String(decoding: content, as: UTF8.self) }
            return String(decoding: unescaped(content), as: UTF8.self)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "t"), UInt8(ascii: "f"):
            return String(decoding: bytes[range], as: UTF8.self)
        default: return nil
        }
    }

    /// As above, for an array.
    package static func keyText(of path: [String], in bytes: [UInt8]) -> String? {
        bytes.withUnsafeBytes { keyText(of: path, in: $0) }
    }

    /// Where the value at `path` (names of fields) stands, without space around it; nil where there is none. Of a duplicate field the first counts.
    package static func range(of path: [String], in bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        var cursor = Cursor(bytes)
        for name in path {
            guard cursor.enterField(name) else { return nil }
        }
        cursor.skipSpace()
        let start = cursor.position
        guard cursor.skipValue() else { return nil }
        return start..<cursor.position
    }

    /// As above, for an array.
    package static func range(of path: [String], in bytes: [UInt8]) -> Range<Int>? {
        bytes.withUnsafeBytes { range(of: path, in: $0) }
    }

    /// Whether this is the answer null of a method whose type is a nullable object.
    package static func isNullAnswer(_ bytes: UnsafeRawBufferPointer) -> Bool {
        // Space may stand between the tokens, not in them.
        var position = 0
        func skipSpace() {
            while position < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[position]) { position += 1 }
        }
        for token in ["{", "\"value\"", ":", "null", "}"] {
            skipSpace()
            guard bytes[position...].starts(with: token.utf8) else { return false }
            position += token.utf8.count
        }
        skipSpace()
        return position == bytes.count
    }

    private struct Cursor {
        let bytes: UnsafeRawBufferPointer
        var position = 0

        init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

        var current: UInt8 { position < bytes.count ? bytes[position] : 0 }

        mutating func skipSpace() {
            while position < bytes.count, bytes[position] <= 0x20 {
                let byte = bytes[position]
                guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
                position += 1
            }
        }

        mutating func take(_ character: UInt8) -> Bool {
            guard current == character else { return false }
            position += 1
            return true
        }

        /// Steps into the object here, up to the value of the field.
        mutating func enterField(_ name: String) -> Bool {
            skipSpace()
            guard take(UInt8(ascii: "{")) else { return false }
            while true {
                skipSpace()
                let start = position
                guard current == UInt8(ascii: "\""), skipString() else { return false }
                let isField = matches(UnsafeRawBufferPointer(rebasing: bytes[start + 1..<position - 1]), name)
                skipSpace()
                guard take(UInt8(ascii: ":")) else { return false }
                if isField { return true }
                guard skipValue() else { return false }
                skipSpace()
                guard take(UInt8(ascii: ",")) else { return false }
            }
        }

        private func matches(_ key: UnsafeRawBufferPointer, _ name: String) -> Bool {
            let length = name.utf8.count
            guard key.count >= length else { return false }
            // Escapes are longer than what they stand for, so a key of the same length has none.
            if key.count == length { return key.elementsEqual(name.utf8) }
            return key.contains(UInt8(ascii: "\\")) && unescaped(key).elementsEqual(name.utf8)
        }

        /// Steps over a string; false where it never ends.
        mutating func skipString() -> Bool {
            position += 1
            while position < bytes.count {
                switch bytes[position] {
                case UInt8(ascii: "\""):
                    position += 1
                    return true
                case UInt8(ascii: "\\"): position += 2
                default: position += 1
                }
            }
            position = bytes.count
            return false
        }

        /// Whether the byte can be part of a number, `true`, `false` or `null`.
        private static func isWordPart(_ byte: UInt8) -> Bool {
            byte.isNamePart || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".")
        }

        /// Steps over a value of any depth, by counting brackets.
        mutating func skipValue() -> Bool {
            skipSpace()
            var depth = 0
            repeat {
                switch current {
                case UInt8(ascii: "{"), UInt8(ascii: "["):
                    depth += 1
                    position += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    depth -= 1
                    guard depth >= 0 else { return false }
                    position += 1
                case UInt8(ascii: "\""): guard skipString() else { return false }
                case UInt8(ascii: ","), UInt8(ascii: ":"), 0x20, 0x0A, 0x0D, 0x09:
                    guard depth > 0 else { return false }
                    position += 1
                default:
                    let start = position
                    while position < bytes.count, Cursor.isWordPart(bytes[position]) { position += 1 }
                    guard position > start else { return false }
                }
            } while depth > 0 && position < bytes.count
            return depth == 0
        }
    }
}

extension JSONScanner {
    /// The length of the scalar of two to four bytes that starts here; 0 where there is none. Strict (RFC 3629).
    @inline(__always)
    static func multibyteLength(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int {
        func isContinuation(_ index: Int) -> Bool { bytes[index] & 0xC0 == 0x80 }
        switch bytes[0] {
        case 0xC2...0xDF: return count >= 2 && isContinuation(1) ? 2 : 0
        case 0xE0...0xEF:
            guard count >= 3, isContinuation(1), isContinuation(2) else { return 0 }
            let isOverlong = bytes[0] == 0xE0 && bytes[1] < 0xA0
            let isSurrogate = bytes[0] == 0xED && bytes[1] >= 0xA0
            return isOverlong || isSurrogate ? 0 : 3
        case 0xF0...0xF4:
            guard count >= 4, isContinuation(1), isContinuation(2), isContinuation(3) else { return 0 }
            let isOverlong = bytes[0] == 0xF0 && bytes[1] < 0x90
            let isBeyond = bytes[0] == 0xF4 && bytes[1] >= 0x90
            return isOverlong || isBeyond ? 0 : 4
        default: return 0
        }
    }

    /// The content of a JSON string with its escapes resolved; wrong escapes become U+FFFD.
    package static func unescaped(_ content: UnsafeRawBufferPointer) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(content.count)
        var position = 0
        while position < content.count {
            let byte = content[position]
            position += 1
            guard byte == UInt8(ascii: "\\"), position < content.count else {
                result.append(byte)
                continue
            }
            let letter = content[position]
            position += 1
            switch letter {
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "u"): result += String(unicodeEscape(content, &position)).utf8
            default: result.append(letter)
            }
        }
        return result
    }

    /// Reads the digits behind `\u`, and the second half of a surrogate pair.
    private static func unicodeEscape(_ content: UnsafeRawBufferPointer, _ position: inout Int) -> Unicode.Scalar {
        func unit(at start: Int) -> UInt32? {
            guard start + 4 <= content.count else { return nil }
            var value: UInt32 = 0
            for index in start..<start + 4 {
                guard let digit = content[index].hexadecimalValue else { return nil }
                value = value << 4 | UInt32(digit)
            }
            return value
        }
        guard let first = unit(at: position) else { return "\u{FFFD}" }
        position += 4
        if first & 0xFC00 == 0xD800, position + 6 <= content.count, content[position] == UInt8(ascii: "\\"),
            content[position + 1] == UInt8(ascii: "u"), let second = unit(at: position + 2), second & 0xFC00 == 0xDC00
        {
            position += 6
            return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? "\u{FFFD}"
        }
        return Unicode.Scalar(first) ?? "\u{FFFD}"
    }
}
