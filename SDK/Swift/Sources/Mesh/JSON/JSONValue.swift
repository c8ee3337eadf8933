/// Any JSON value, for the schema's `JSON` and for the details of an error.
public indirect enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    /// As it was written, so that nothing is rounded.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([Member])

    /// A member of an object; members keep their order.
    public struct Member: Sendable, Hashable {
        public var name: String
        public var value: JSONValue

        public init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// The member of that name, where this is an object that has it.
    public subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The text, where this is a string.
    public var string: String? { if case .string(let text) = self { text } else { nil } }

    /// The truth value, where this is one.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

    /// The exact number, where this is one without exponent.
    public var decimal: Decimal? { if case .number(let text) = self { Decimal(text) } else { nil } }

    /// The nearest floating point number, where this is a number.
    public var double: Double? { if case .number(let text) = self { Double(decimalText: text) } else { nil } }
}

extension JSONValue: JSONCodable {
    public init(json reader: inout JSONReader) throws(MeshError) {
        switch reader.firstByte() {
        case 0x7B:
            var members: [Member] = []
            try reader.openObject()
            while try reader.nextMember() {
                let name = reader.keyString
                members.append(Member(name, try JSONValue(json: &reader)))
            }
            self = .object(members)
        case 0x5B: self = .array(try [JSONValue](json: &reader))
        case 0x22: self = .string(try reader.readString())
        case 0x74, 0x66: self = .bool(try reader.readBool())
        case 0x6E:
            _ = try reader.readNull()
            self = .null
        default: self = .number(try reader.readNumberText())
        }
    }

    public func write(to json: inout JSONWriter) {
        switch self {
        case .null: json.writeNull()
        case .bool(let value): json.write(value)
        case .number(let text): json.append(ascii: text)
        case .string(let text): json.write(text)
        case .array(let elements): elements.write(to: &json)
        case .object(let members):
            json.openObject()
            for member in members { json.member(named: member.name, member.value) }
            json.closeObject()
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .number(String(value)) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(elements.map { Member($0, $1) }) }
    public init(nilLiteral: ()) { self = .null }
}
