/// What the outside answered. Statuses of 500 and more, and 408, 425 and 429, come as errors instead.
public struct HTTPResponse: Sendable, Hashable {
    public var status: Int
    /// Their names in lower case.
    public var headers: [HTTPHeader]
    public var body: [UInt8]

    /// For tests: what a script answers with.
    public init(status: Int = 200, headers: [String: String] = [:], body: String = "") {
        self.status = status
        self.headers = headers.map { HTTPHeader($0.key.lowercased(), $0.value) }.sorted { $0.name < $1.name }
        self.body = Array(body.utf8)
    }

    /// For tests: an answer of JSON.
    public init(status: Int = 200, json: some JSONCodable) {
        self.init(status: status, headers: ["content-type": "application/json"], body: json.jsonText)
    }

    /// Whether the status is one of success.
    public var isSuccess: Bool { (200..<300).contains(status) }

    /// The body as text; bytes that aren't UTF-8 are replaced.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// The first header of a name, whatever its case.
    public func header(_ name: String) -> String? { headers.first { $0.name == name.lowercased() }?.value }

    /// The body read as JSON: `try answer.json(Charge.self)`, or `JSONValue.self` for what has no type.
    public func json<Value: JSONCodable>(_ type: Value.Type = Value.self) throws(MeshError) -> Value {
        try body.reading { bytes throws(MeshError) in try Value(jsonBytes: bytes) }
    }

    /// This answer, where its status is one of success; else it throws `FAILED_PRECONDITION` with the status and the body.
    @discardableResult
    public func checked() throws(MeshError) -> HTTPResponse {
        if isSuccess { return self }
        throw MeshError(
            "FAILED_PRECONDITION", "the outside answered \(status)",
            details: ["status": .number(String(status)), "body": .string(text.cut(toBytes: 2000))])
    }
}

extension HTTPResponse: JSONCodable {
    public init(json reader: inout JSONReader) throws(MeshError) {
        self.init()
        try reader.openObject()
        while try reader.nextMember() {
            switch reader.key {
            case "status": status = try Int(json: &reader)
            case "headers": headers = try [HTTPHeader](json: &reader)
            case "body": body = Array(try reader.readString().utf8)
            case "bytes": body = try Bytes(json: &reader).array
            default: try reader.skipValue()
            }
        }
    }

    public func write(to json: inout JSONWriter) {
        json.openObject()
        json.member("status", status)
        json.member("headers", headers)
        if !body.isEmpty { json.write(body: body) }
        json.closeObject()
    }
}
