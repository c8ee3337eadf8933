/// An enum of the schema: its values travel as strings.
public protocol JSONEnumeration: JSONCodable, RawRepresentable, CaseIterable, Hashable, Sendable
where RawValue == String {}

extension JSONEnumeration {
    public init(json reader: inout JSONReader) throws(MeshError) {
        let name = try reader.readString()
        guard let value = Self(rawValue: name) else { throw reader.error("a value of the enum, not \(name)") }
        self = value
    }

    public func write(to json: inout JSONWriter) { json.writeQuoted(ascii: rawValue) }
}
