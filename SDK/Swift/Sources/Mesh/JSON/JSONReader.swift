/// Reads JSON value by value, in order, without building a tree (RFC 8259).
///
/// It points into a buffer that must outlive it. Each read either consumes one whole value or throws; after a throw the
/// reader is of no further use.
public struct JSONReader {
    /// How deeply arrays and objects may be nested.
    public static let maximumDepth = 128

    let bytes: UnsafeBufferPointer<UInt8>
    var position = 0
    private var depth = 0
    /// True between an opening bracket and the first element.
    private var isFirst = false
    private var keyRange = 0..<0
    /// The last key where it had escapes.
    private var unescapedKey: UnescapedKey?

    public init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// An error at this place: what stood here instead of `expected`.
    @inline(never)
    public func error(_ expected: String) -> MeshError {
        .invalidRequest("JSON, byte \(position): expected \(expected)")
    }

    /// The error for a member that isn't there.
    @inline(never)
    public func missing(_ member: StaticString) -> MeshError { .invalidRequest("\(member.asString) is missing") }
}

// MARK: - Structure
extension JSONReader {
    /// Enters an object.
    public mutating func openObject() throws(MeshError) { try open(0x7B, "an object") }

    /// Enters an array.
    public mutating func openArray() throws(MeshError) { try open(0x5B, "an array") }

    /// Moves on to the next member's value, whose name is then `key`; false at the object's end.
    @inline(never)
    public mutating func nextMember() throws(MeshError) -> Bool {
        guard try next(closing: 0x7D) else { return false }
        skipWhitespace()
        let start = position + 1
        let isPlain = try skipString()
        keyRange = start..<position - 1
        if !isPlain {
            unescapedKey = UnescapedKey(try unescape(keyRange))
        } else if unescapedKey != nil {
            unescapedKey = nil
        }
        skipWhitespace()
        guard take(0x3A) else { throw error("':'") }
        return true
    }

    /// Moves on to the next element; false at the array's end.
    public mutating func nextElement() throws(MeshError) -> Bool { try next(closing: 0x5D) }

    /// The name of the member that `nextMember` stopped at, escapes resolved. Valid until the next call of it.
    public var key: JSONText {
        if let unescapedKey { return JSONText(UnsafeBufferPointer(unescapedKey.bytes)) }
        return JSONText(UnsafeBufferPointer(rebasing: bytes[keyRange]))
    }

    /// The member's name as a string.
    public var keyString: String { key.string }

    /// Throws if anything but white space is left.
    public mutating func expectEnd() throws(MeshError) {
        skipWhitespace()
        if position != bytes.count { throw error("the end") }
    }

    @inline(never)
    private mutating func open(_ bracket: UInt8, _ what: String) throws(MeshError) {
        skipWhitespace()
        guard take(bracket) else { throw error(what) }
        depth += 1
        if depth > JSONReader.maximumDepth { throw error("at most \(JSONReader.maximumDepth) levels") }
        isFirst = true
    }

    @inline(never)
    private mutating func next(closing bracket: UInt8) throws(MeshError) -> Bool {
        skipWhitespace()
        if take(bracket) {
            depth -= 1
            isFirst = false
            return false
        }
        if isFirst {
            isFirst = false
        } else {
            guard take(0x2C) else { throw error("',' or the end of the list") }
        }
        return true
    }
}

// MARK: - Values
extension JSONReader {
    /// True where the next value is a string.
    public var isAtString: Bool { peek(afterWhitespace: position) == 0x22 }

    /// Consumes `null` if it is next.
    @inline(never)
    public mutating func readNull() throws(MeshError) -> Bool {
        skipWhitespace()
        guard peek() == 0x6E else { return false }
        guard take("null") else { throw error("a value") }
        return true
    }

    @inline(never)
    public mutating func readBool() throws(MeshError) -> Bool {
        skipWhitespace()
        if take("true") { return true }
        if take("false") { return false }
        throw error("true or false")
    }

    @inline(never)
    public mutating func readString() throws(MeshError) -> String {
        skipWhitespace()
        let start = position + 1
        if try skipString() {
            return String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<position - 1]), as: UTF8.self)
        }
        return String(decoding: try unescape(start..<position - 1), as: UTF8.self)
    }

    /// Reads a string and hands out its bytes where it has no escapes, so that short scalars need no `String`.
    mutating func readStringBytes<Value>(_ body: (UnsafeBufferPointer<UInt8>) -> Value?) throws(MeshError) -> Value? {
        skipWhitespace()
        let start = position + 1
        if try skipString() { return body(UnsafeBufferPointer(rebasing: bytes[start..<position - 1])) }
        return try unescape(start..<position - 1).withUnsafeBufferPointer(body)
    }

    /// Reads a number without fraction and exponent.
    @inline(never)
    public mutating func readInteger() throws(MeshError) -> Int64 {
        let range = try skipNumber()
        var value: Int64 = 0
        let isNegative = bytes[range.lowerBound] == 0x2D
        // Every number of so few digits fits; a product that may overflow costs a sandbox far more than one that can't.
        let isShort = range.count <= 18
        for index in (isNegative ? range.lowerBound + 1 : range.lowerBound)..<range.upperBound {
            let digit = Int64(bytes[index]) - 0x30
            guard (0...9).contains(digit) else { throw error("a whole number") }
            if isShort {
                value = value &* 10 &- digit
                continue
            }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.subtractingReportingOverflow(digit)
            if overflow || carry { throw error("a 64-bit number") }
            value = sum
        }
        if isNegative { return value }
        if value == .min { throw error("a 64-bit number") }
        return -value
    }

    /// Reads any number as it is written.
    @inline(never)
    public mutating func readNumberText() throws(MeshError) -> String {
        String(decoding: UnsafeBufferPointer(rebasing: bytes[try skipNumber()]), as: UTF8.self)
    }

    /// Consumes the next value, whatever it is.
    @inline(never)
    public mutating func skipValue() throws(MeshError) {
        var brackets: [UInt8] = []
        repeat {
            skipWhitespace()
            switch peek() {
            case 0x7B:
                try openObject()
                if try nextMember() { brackets.append(0x7D); continue }
            case 0x5B:
                try openArray()
                if try nextElement() { brackets.append(0x5D); continue }
            case 0x22: _ = try skipString()
            case 0x74, 0x66: _ = try readBool()
            case 0x6E: _ = try readNull()
            default: _ = try skipNumber()
            }
            while let bracket = brackets.last {
                let hasMore = bracket == 0x7D ? try nextMember() : try nextElement()
                if hasMore { break }
                brackets.removeLast()
            }
        } while !brackets.isEmpty
    }

    /// What the next value begins with; nil at the end.
    mutating func firstByte() -> UInt8? {
        skipWhitespace()
        return peek()
    }
}

// MARK: - Bytes
extension JSONReader {
    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private func peek(afterWhitespace start: Int) -> UInt8? {
        var index = start
        while index < bytes.count {
            let byte = bytes[index]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
            index += 1
        }
        return nil
    }

    private mutating func skipWhitespace() {
        while position < bytes.count {
            let byte = bytes[position]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position += 1
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    private mutating func take(_ word: StaticString) -> Bool {
        let end = position + word.utf8CodeUnitCount
        guard end <= bytes.count, JSONText(UnsafeBufferPointer(rebasing: bytes[position..<end])).equals(word) else {
            return false
        }
        position = end
        return true
    }

    /// Moves behind the closing quote; false if there were escapes.
    @inline(never)
    private mutating func skipString() throws(MeshError) -> Bool {
        guard take(0x22) else { throw error("a string") }
        var isPlain = true
        while true {
            position = bytes.endOfPlainText(from: position)
            guard position < bytes.count else { throw error("'\"'") }
            let byte = bytes[position]
            position += 1
            if byte == 0x22 { return isPlain }
            if byte < 0x20 { throw error("no control character in a string") }
            isPlain = false
            position += 1
        }
    }

    /// Moves behind the number and returns where it stood.
    @inline(never)
    private mutating func skipNumber() throws(MeshError) -> Range<Int> {
        skipWhitespace()
        let start = position
        _ = take(0x2D)
        let integer = skipDigits()
        if integer == 0 || (integer > 1 && bytes[position - integer] == 0x30) { throw error("a number") }
        if take(0x2E), skipDigits() == 0 { throw error("a digit") }
        if take(0x65) || take(0x45) {
            if !take(0x2B) { _ = take(0x2D) }
            if skipDigits() == 0 { throw error("a digit") }
        }
        return start..<position
    }

    private mutating func skipDigits() -> Int {
        let start = position
        while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
        return position - start
    }

    @inline(never)
    private func unescape(_ range: Range<Int>) throws(MeshError) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = bytes[index]
            index += 1
            guard byte == 0x5C else {
                result.append(byte)
                continue
            }
            guard index < range.upperBound else { throw error("an escape") }
            let escape = bytes[index]
            index += 1
            switch escape {
            case 0x22, 0x5C, 0x2F: result.append(escape)
            case 0x62: result.append(0x08)
            case 0x66: result.append(0x0C)
            case 0x6E: result.append(0x0A)
            case 0x72: result.append(0x0D)
            case 0x74: result.append(0x09)
            case 0x75: try appendScalar(at: &index, end: range.upperBound, to: &result)
            default: throw error("an escape")
            }
        }
        return result
    }

    private func appendScalar(at index: inout Int, end: Int, to result: inout [UInt8]) throws(MeshError) {
        var code = try hexadecimal(at: &index, end: end)
        if (0xD800...0xDBFF).contains(code) {
            guard index + 1 < end, bytes[index] == 0x5C, bytes[index + 1] == 0x75 else {
                throw error("a low surrogate")
            }
            index += 2
            let low = try hexadecimal(at: &index, end: end)
            guard (0xDC00...0xDFFF).contains(low) else { throw error("a low surrogate") }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw error("a Unicode scalar") }
        result.append(contentsOf: UTF8.encode(scalar).unsafelyUnwrapped)
    }

    private func hexadecimal(at index: inout Int, end: Int) throws(MeshError) -> UInt32 {
        guard index + 4 <= end else { throw error("four hexadecimal digits") }
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = bytes[index].hexadecimalDigit else { throw error("a hexadecimal digit") }
            code = code << 4 | UInt32(digit)
            index += 1
        }
        return code
    }
}

/// A member's name whose escapes were resolved, at a place that doesn't move, as `JSONText` points to it.
private final class UnescapedKey {
    let bytes: UnsafeMutableBufferPointer<UInt8>

    init(_ name: [UInt8]) {
        bytes = .allocate(capacity: name.count)
        _ = bytes.initialize(from: name)
    }

    deinit { bytes.deallocate() }
}

extension UInt8 {
    /// The value of an ASCII hexadecimal digit.
    var hexadecimalDigit: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x41 + 10
        case 0x61...0x66: self - 0x61 + 10
        default: nil
        }
    }

    /// The value of an ASCII digit.
    var decimalDigit: UInt8? { (0x30...0x39).contains(self) ? self - 0x30 : nil }
}
