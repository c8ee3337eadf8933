// How answers travel that aren't objects.

extension JSONCodable {
    /// This as an answer that isn't an object: `{"value": …}`.
    var bytesAsValue: [UInt8] {
        var json = JSONWriter()
        json.openObject()
        json.member(named: "value", self)
        json.closeObject()
        return json.bytes
    }
}

extension Optional where Wrapped: JSONCodable {
    /// This as an answer that is an object or null: null travels as `{"value":null}`.
    var bytesAsObjectOrNull: [UInt8] { self?.jsonBytes ?? bytesAsValue }
}
