extension HTTPRequest {
    /// The method of the mesh that makes it; what tests script.
    public static let target = "mesh.Http/fetch"

    /// The request as a call, for groups, races and sagas: `try mesh.start(request.call)`.
    ///
    /// Unless told, what is idempotent is tried three times again, and anything else not: who says `retries` for a POST
    /// relies on the other side to know its `Idempotency-Key`, which is the same for all attempts.
    public var call: Call<HTTPResponse> {
        var call = Call<HTTPResponse>(HTTPRequest.target, FetchArguments(request: self), object: HTTPResponse.self)
        if method.isIdempotent { call.options.retries = 3 }
        return call
    }
}

/// The arguments of `mesh.Http/fetch`.
private struct FetchArguments: JSONCodable {
    var request: HTTPRequest

    init(request: HTTPRequest) { self.request = request }

    init(json reader: inout JSONReader) throws(MeshError) {
        throw .internalError("a request is only written")
    }

    func write(to json: inout JSONWriter) {
        json.openObject()
        json.member("request", request)
        json.closeObject()
    }
}

extension HTTPRequest: JSONCodable {
    public init(json reader: inout JSONReader) throws(MeshError) {
        self.init(.get, "")
        try reader.openObject()
        while try reader.nextMember() {
            switch reader.key {
            case "method":
                guard let method = Method(rawValue: try reader.readString()) else { throw reader.error("a method") }
                self.method = method
            case "url": url = try reader.readString()
            case "headers": headers = try [HTTPHeader](json: &reader)
            case "body": body = Array(try reader.readString().utf8)
            case "bytes": body = try Bytes(json: &reader).array
            case "timeout": timeout = try Duration(json: &reader)
            default: try reader.skipValue()
            }
        }
    }

    public func write(to json: inout JSONWriter) {
        json.openObject()
        json.member("method", method.rawValue)
        json.member("url", url)
        if !headers.isEmpty { json.member("headers", headers) }
        if let body { json.write(body: body) }
        if let timeout { json.member("timeout", timeout) }
        json.closeObject()
    }
}

extension HTTPHeader: JSONCodable {
    public init(json reader: inout JSONReader) throws(MeshError) {
        self.init("", "")
        try reader.openObject()
        while try reader.nextMember() {
            switch reader.key {
            case "name": name = try reader.readString()
            case "value": value = try reader.readString()
            default: try reader.skipValue()
            }
        }
    }

    public func write(to json: inout JSONWriter) {
        json.openObject()
        json.member("name", name)
        json.member("value", value)
        json.closeObject()
    }
}

extension JSONWriter {
    /// As text where it is that, else as base64.
    mutating func write(body: [UInt8]) {
        if !body.contains(0), let text = String(validating: body, as: UTF8.self) {
            member("body", text)
        } else {
            member("bytes", Bytes(body))
        }
    }
}
