extension ValueValidator {
    /// The content of a string, between the quotes.
    struct StringSpan {
        var start: Int
        var count: Int
        var hasEscapes: Bool
    }

    /// Steps over a string and checks all that holds for any: closed, UTF-8, escapes, no control characters, no U+0000.
    mutating func string() throws(ValueFailure) -> StringSpan {
        position += 1
        let start = position
        var hasEscapes = false
        while true {
            skipPlain()
            guard position < count else {
                position = start - 1
                throw malformed("the closing `\"` of this string")
            }
            let byte = base[position]
            if byte == UInt8(ascii: "\"") {
                position += 1
                return StringSpan(start: start, count: position - 1 - start, hasEscapes: hasEscapes)
            } else if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                try escape()
            } else if byte < 0x20 {
                throw malformed("no control character in a string, but an escape such as `\\n`,")
            } else {
                // Text that isn't ASCII rarely has but one such character.
                repeat { try multibyteScalar() } while position < count && base[position] >= 0x80
            }
        }
    }

    /// Steps over characters that need no look: ASCII but quote, backslash and control characters; eight at a time.
    @inline(__always)
    private mutating func skipPlain() {
        let raw = UnsafeRawPointer(base)
        while position + 8 <= count {
            let word = raw.loadUnaligned(fromByteOffset: position, as: UInt64.self).littleEndian
            let ones: UInt64 = 0x0101_0101_0101_0101
            let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
            let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
            let special =
                ((quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes | (word &- ones &* 0x20) & ~word
                    | word)
                & (ones &* 0x80)
            if special != 0 {
                position += special.trailingZeroBitCount >> 3
                return
            }
            position += 8
        }
        while position < count {
            let byte = base[position]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 || byte >= 0x80 { return }
            position += 1
        }
    }

    private mutating func escape() throws(ValueFailure) {
        let start = position
        position += 1
        switch current {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        case UInt8(ascii: "u"):
            position += 1
            let unit = try codeUnit(start)
            if unit == 0 { throw ValueFailure(rule: .nulCharacter, offset: start) }
            if unit & 0xFC00 == 0xDC00 { throw ValueFailure(rule: .unpairedSurrogate, offset: start) }
            if unit & 0xFC00 == 0xD800 {
                guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")), try codeUnit(start) & 0xFC00 == 0xDC00 else {
                    throw ValueFailure(rule: .unpairedSurrogate, offset: start)
                }
            }
        default:
            position = start
            throw malformed("an escape such as `\\n` or `\\u00e9`")
        }
    }

    private mutating func codeUnit(_ start: Int) throws(ValueFailure) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = current.hexadecimalValue else {
                position = start
                throw malformed("four hexadecimal digits after `\\u`")
            }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }

    /// One scalar of two to four bytes, as strict as RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
    private mutating func multibyteScalar() throws(ValueFailure) {
        let length = JSONScanner.multibyteLength(base + position, count - position)
        if length == 0 { throw ValueFailure(rule: .invalidUTF8, offset: position) }
        position += length
    }

    // MARK: Scalars in strings

    mutating func text(_ index: Int32, _ node: ValueShape.Node) throws(ValueFailure) {
        let start = position
        guard current == UInt8(ascii: "\"") else { throw wrongType(index) }
        let span = try string()
        if node.kind == .string && node.constraints < 0 { return }
        if span.hasEscapes {
            // Rare: an escape in a string whose characters matter.
            let bytes = JSONScanner.unescaped(UnsafeRawBufferPointer(start: base + span.start, count: span.count))
            let failure = bytes.withUnsafeBytes { check($0, index, node, start) }
            if let failure { throw failure }
        } else if let failure = check(
            UnsafeRawBufferPointer(start: base + span.start, count: span.count), index, node, start)
        {
            throw failure
        }
    }

    private func check(
        _ text: UnsafeRawBufferPointer, _ index: Int32, _ node: ValueShape.Node, _ start: Int
    ) -> ValueFailure? {
        guard LexicalForm.matches(node.kind, text) else {
            let isNumber = node.kind == .long && LexicalForm.isWholeNumber(text)
            return ValueFailure(rule: isNumber ? .outOfRange : .wrongForm, offset: start, node: index)
        }
        guard node.constraints >= 0 else { return nil }
        let bounds = shape.bounds[Int(node.constraints)]
        switch node.kind {
        case .decimal, .long: return checkNumber(text, bounds, index, start)
        case .bytes: return checkLength(LexicalForm.decodedLength(base64: text), bounds, index, start)
        default: return checkText(text, bounds, index, start)
        }
    }

    private func checkText(
        _ text: UnsafeRawBufferPointer, _ bounds: ValueShape.Bounds, _ index: Int32, _ start: Int
    ) -> ValueFailure? {
        if bounds.minimumLength > 0 || bounds.maximumLength < .max {
            var scalars = 0
            for byte in text where byte & 0xC0 != 0x80 { scalars += 1 }
            if let failure = checkLength(scalars, bounds, index, start) { return failure }
        }
        if let pattern = bounds.pattern, !pattern.matches(utf8: text) {
            return ValueFailure(rule: .patternMismatch, offset: start, node: index)
        }
        return nil
    }

    private func checkLength(_ length: Int, _ bounds: ValueShape.Bounds, _ index: Int32, _ start: Int) -> ValueFailure?
    {
        if length < bounds.minimumLength { return ValueFailure(rule: .tooShort, offset: start, node: index) }
        if length > bounds.maximumLength { return ValueFailure(rule: .tooLong, offset: start, node: index) }
        return nil
    }

    mutating func enumeration(_ index: Int32, _ node: ValueShape.Node) throws(ValueFailure) {
        let start = position
        guard current == UInt8(ascii: "\"") else { throw wrongType(index) }
        let span = try string()
        var isKnown = false
        if !span.hasEscapes {
            for value in shape.enumerations[Int(node.target)].values where value.count == span.count {
                var index = 0
                while index < span.count, names[value.lowerBound + index] == base[span.start + index] { index += 1 }
                if index == span.count {
                    isKnown = true
                    break
                }
            }
        } else {
            let text = JSONScanner.unescaped(UnsafeRawBufferPointer(start: base + span.start, count: span.count))
            isKnown = shape.enumerations[Int(node.target)].values.contains { names[$0].elementsEqual(text) }
        }
        if !isKnown { throw ValueFailure(rule: .unknownEnumValue, offset: start, node: index) }
    }
}

extension Pattern {
    /// Whether the whole of valid UTF-8 matches.
    func matches(utf8 text: UnsafeRawBufferPointer) -> Bool {
        var cursor = Cursor()
        var position = 0
        while position < text.count, !cursor.isDead {
            let byte = text[position]
            if byte < 0x80 {
                advance(&cursor, ascii: byte)
                position += 1
                continue
            }
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
            var scalar = UInt32(byte) & (0x7F >> UInt32(length))
            for offset in 1..<length { scalar = scalar << 6 | UInt32(text[position + offset] & 0x3F) }
            advance(&cursor, scalar: scalar)
            position += length
        }
        return accepts(cursor)
    }
}
