/// A value that travels as JSON, in the form that the schema language gives it.
public protocol JSONCodable {
    /// Reads the next value.
    init(json reader: inout JSONReader) throws(MeshError)
    /// Appends the value.
    func write(to json: inout JSONWriter)
    /// True where the value stands for an absent member of an object.
    var isAbsent: Bool { get }
}

extension JSONCodable {
    public var isAbsent: Bool { false }

    /// Reads the one value that `bytes` hold.
    public init(jsonBytes bytes: UnsafeBufferPointer<UInt8>) throws(MeshError) {
        var reader = JSONReader(bytes)
        self = try Self(json: &reader)
        try reader.expectEnd()
    }

    /// Reads the one value that `text` holds.
    public init(jsonText text: String) throws(MeshError) {
        var value: Self?
        var failure: MeshError?
        var text = text
        text.withUTF8 { bytes in
            do throws(MeshError) { value = try Self(jsonBytes: bytes) } catch { failure = error }
        }
        guard let value else { throw failure ?? .internalError("no value") }
        self = value
    }

    /// The value as JSON in UTF-8.
    public var jsonBytes: [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.bytes
    }

    /// The value as JSON text.
    public var jsonText: String { String(decoding: jsonBytes, as: UTF8.self) }
}

extension String: JSONCodable {
    public init(json reader: inout JSONReader) throws(MeshError) { self = try reader.readString() }
    public func write(to json: inout JSONWriter) { json.write(self) }
}

extension Bool: JSONCodable {
    public init(json reader: inout JSONReader) throws(MeshError) { self = try reader.readBool() }
    public func write(to json: inout JSONWriter) { json.write(self) }
}

/// `Int` of the schema language: 32 bits, a JSON number.
extension Int: JSONCodable {
    public init(json reader: inout JSONReader) throws(MeshError) {
        guard let value = Int32(exactly: try reader.readInteger()) else { throw reader.error("a 32-bit number") }
        self = Int(value)
    }
    public func write(to json: inout JSONWriter) { json.write(Int64(self)) }
}

/// `Long` of the schema language: 64 bits, a JSON string of digits.
extension Int64: JSONCodable {
    public init(json reader: inout JSONReader) throws(MeshError) {
        if reader.isAtString {
            let text = try reader.readString()
            guard let value = Int64(text) else { throw reader.error("a 64-bit number") }
            self = value
        } else {
            self = try reader.readInteger()
        }
    }
    public func write(to json: inout JSONWriter) { Decimal(self).withText { json.writeQuoted(ascii: $0) } }
}

/// `Float` of the schema language: 64 bits, a JSON number.
extension Double: JSONCodable {
    public init(json reader: inout JSONReader) throws(MeshError) {
        guard let value = Double(decimalText: try reader.readNumberText()) else { throw reader.error("a number") }
        self = value
    }
    public func write(to json: inout JSONWriter) { json.write(self) }
}

extension Optional: JSONCodable where Wrapped: JSONCodable {
    public init(json reader: inout JSONReader) throws(MeshError) {
        self = try reader.readNull() ? nil : try Wrapped(json: &reader)
    }
    public func write(to json: inout JSONWriter) {
        if let self { self.write(to: &json) } else { json.writeNull() }
    }
    public var isAbsent: Bool { self == nil }
}

extension Array: JSONCodable where Element: JSONCodable {
    public init(json reader: inout JSONReader) throws(MeshError) {
        self.init()
        try reader.openArray()
        while try reader.nextElement() { append(try Element(json: &reader)) }
    }
    public func write(to json: inout JSONWriter) {
        json.openArray()
        for element in self { json.element(element) }
        json.closeArray()
    }
}
