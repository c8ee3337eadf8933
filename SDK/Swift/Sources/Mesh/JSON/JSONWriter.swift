/// Writes JSON into a buffer of its own, without white space; members stand in the order they are written.
public struct JSONWriter {
    /// What was written so far.
    public private(set) var bytes: [UInt8] = []
    /// True where the next element needs no comma before it.
    private var isFirst = true

    public init() { bytes.reserveCapacity(256) }

    public mutating func openObject() { open(0x7B) }
    public mutating func closeObject() { close(0x7D) }
    public mutating func openArray() { open(0x5B) }
    public mutating func closeArray() { close(0x5D) }

    /// Writes a member, unless the value is absent. `name` must not need escapes.
    public mutating func member(_ name: StaticString, _ value: some JSONCodable) {
        if value.isAbsent { return }
        beginMember(name)
        value.write(to: &self)
    }

    /// Writes a member of any name.
    public mutating func member(named name: String, _ value: some JSONCodable) {
        separate()
        write(name)
        bytes.append(0x3A)
        value.write(to: &self)
    }

    /// Writes an element of an array.
    public mutating func element(_ value: some JSONCodable) {
        separate()
        value.write(to: &self)
    }

    public mutating func writeNull() { append("null") }

    public mutating func write(_ value: Bool) { value ? append("true") : append("false") }

    @inline(never)
    public mutating func write(_ value: Int64) { Decimal(value).withText { bytes.append(contentsOf: $0) } }

    /// Writes a number; JSON has none for infinities and NaN: null, which a required field refuses.
    public mutating func write(_ value: Double) {
        value.isFinite ? append(ascii: value.decimalText) : writeNull()
    }

    /// Writes a string literal.
    @inline(never)
    public mutating func write(_ text: String) {
        bytes.append(0x22)
        var text = text
        text.withUTF8 { utf8 in
            var start = 0
            while true {
                let end = utf8.endOfPlainText(from: start)
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<end]))
                if end == utf8.count { break }
                appendEscape(of: utf8[end])
                start = end + 1
            }
        }
        bytes.append(0x22)
    }

    /// Writes a string literal of characters that need no escapes.
    @inline(never)
    public mutating func writeQuoted(ascii text: String) {
        bytes.append(0x22)
        append(ascii: text)
        bytes.append(0x22)
    }

    /// The same of bytes.
    mutating func writeQuoted(ascii text: UnsafeBufferPointer<UInt8>) {
        bytes.append(0x22)
        bytes.append(contentsOf: text)
        bytes.append(0x22)
    }

    /// Appends what is JSON already.
    @inline(never)
    mutating func append(ascii text: String) { bytes.append(contentsOf: text.utf8) }

    @inline(never)
    private mutating func append(_ word: StaticString) { word.withUTF8Buffer { bytes.append(contentsOf: $0) } }

    @inline(never)
    private mutating func open(_ bracket: UInt8) {
        bytes.append(bracket)
        isFirst = true
    }

    @inline(never)
    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        isFirst = false
    }

    @inline(never)
    private mutating func beginMember(_ name: StaticString) {
        separate()
        bytes.append(0x22)
        append(name)
        bytes.append(0x22)
        bytes.append(0x3A)
    }

    private mutating func separate() {
        if !isFirst { bytes.append(0x2C) }
        isFirst = false
    }

    private mutating func appendEscape(of byte: UInt8) {
        bytes.append(0x5C)
        switch byte {
        case 0x22, 0x5C: bytes.append(byte)
        case 0x0A: bytes.append(0x6E)
        case 0x0D: bytes.append(0x72)
        case 0x09: bytes.append(0x74)
        default:
            append("u00")
            bytes.append(byte >> 4 + 0x30)
            let low = byte & 15
            bytes.append(low < 10 ? low + 0x30 : low - 10 + 0x61)
        }
    }
}
