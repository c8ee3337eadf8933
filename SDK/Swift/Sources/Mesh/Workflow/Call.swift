/// A call of a method, with what its answer is: made by the generated functions of a service, `Payments.capture(order:amount:)`.
///
/// A handler sends it with `mesh.send`, a workflow gets its answer with `try mesh.call`.
public struct Call<Answer> {
    /// `shop.Payments/capture`.
    public let target: String
    /// The object of the arguments, JSON.
    public let data: [UInt8]
    /// What orders the call, and for a workflow its id; nil leaves it to the rule of the method.
    public var key: String?
    /// How a workflow makes it.
    public var options = CallOptions()
    let read: AnswerReader<Answer>

    init(_ target: String, data: [UInt8], read: @escaping AnswerReader<Answer>) {
        self.target = target
        self.data = data
        self.read = read
    }

    /// The same call with a key of its own: for a workflow, its id.
    public func keyed(_ key: String) -> Call {
        var call = self
        call.key = key
        return call
    }

    /// The same call, made in another way.
    public func with(_ options: CallOptions) -> Call {
        var call = self
        call.options = options
        return call
    }
}

/// Reads an answer as the wire carries it.
typealias AnswerReader<Answer> = (UnsafeBufferPointer<UInt8>) throws(MeshError) -> Answer

// MARK: - For generated code
extension Call where Answer: JSONCodable {
    /// A call whose answer is an object.
    public init(_ target: String, _ arguments: some JSONCodable, object: Answer.Type) {
        self.init(target, data: arguments.jsonBytes) { bytes throws(MeshError) in try Answer(jsonBytes: bytes) }
    }

    /// A call whose answer isn't an object: it travels as `{"value": …}`.
    public init(_ target: String, _ arguments: some JSONCodable, value: Answer.Type) {
        self.init(target, data: arguments.jsonBytes) { bytes throws(MeshError) in
            try AnswerValue<Answer>(jsonBytes: bytes).value
        }
    }
}

extension Call {
    /// A call whose answer is an object or null.
    public init<Wrapped: JSONCodable>(_ target: String, _ arguments: some JSONCodable, objectOrNull: Wrapped.Type)
    where Answer == Wrapped? {
        self.init(target, data: arguments.jsonBytes) { bytes throws(MeshError) in
            if AnswerValue<JSONNull>.matches(bytes) { return nil }
            return try Wrapped(jsonBytes: bytes)
        }
    }
}

extension Call where Answer == Void {
    /// A call that is answered by being done.
    public init(_ target: String, _ arguments: some JSONCodable) {
        self.init(target, data: arguments.jsonBytes) { _ throws(MeshError) in () }
    }
}

// MARK: - By name
/// A call by name, whose answer is the JSON that travels: for a service that the project doesn't import.
public typealias MeshCall = Call<JSONValue>

extension Call where Answer == JSONValue {
    /// `target` is `namespace.Service/method`, `arguments` the object of its arguments.
    public init(_ target: String, arguments: some JSONCodable) {
        self.init(target, data: arguments.jsonBytes) { bytes throws(MeshError) in try JSONValue(jsonBytes: bytes) }
    }
}

/// The form of an answer that isn't an object.
struct AnswerValue<Value: JSONCodable>: JSONCodable {
    var value: Value

    init(json reader: inout JSONReader) throws(MeshError) {
        var value: Value?
        try reader.openObject()
        while try reader.nextMember() {
            switch reader.key {
            case "value": value = try Value(json: &reader)
            default: try reader.skipValue()
            }
        }
        guard let value else { throw reader.missing("value") }
        self.value = value
    }

    func write(to json: inout JSONWriter) {
        json.openObject()
        json.member(named: "value", value)
        json.closeObject()
    }

    static func matches(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        do throws(MeshError) {
            _ = try AnswerValue(jsonBytes: bytes)
            return true
        } catch {
            return false
        }
    }
}

/// Null and nothing else.
struct JSONNull: JSONCodable {
    init(json reader: inout JSONReader) throws(MeshError) {
        guard try reader.readNull() else { throw reader.error("null") }
    }

    func write(to json: inout JSONWriter) { json.writeNull() }
}
