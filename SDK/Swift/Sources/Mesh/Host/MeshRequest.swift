/// One message to be run: what the generated dispatch gets.
public struct MeshRequest {
    /// `Orders/place`.
    public let method: JSONText
    /// The message's JSON.
    public let data: UnsafeBufferPointer<UInt8>
    public let host: MeshHost

    public init(method: JSONText, data: UnsafeBufferPointer<UInt8>, host: MeshHost) {
        self.method = method
        self.data = data
        self.host = host
    }

    /// The message's data: a call's arguments, an event, or a list of events.
    public func decoded<Data: JSONCodable>(as type: Data.Type = Data.self) throws(MeshError) -> Data {
        try Data(jsonBytes: data)
    }

    /// Sets an answer that is an object: it travels as itself.
    public func reply(object answer: some JSONCodable) { host.reply(answer.jsonBytes) }

    /// Sets an answer that is an object or null: null travels as `{"value":null}`.
    public func reply<Answer: JSONCodable>(objectOrNull answer: Answer?) {
        host.reply(answer.bytesAsObjectOrNull)
    }

    /// Sets an answer that isn't an object: it travels as `{"value": …}`.
    public func reply(value answer: some JSONCodable) { host.reply(answer.bytesAsValue) }

    /// The error for a method that this module hasn't.
    public var unknownMethod: MeshError { .notFound("this module has no method \(method.string)") }
}

/// A method that takes no arguments: an empty object.
public struct NoArguments: JSONCodable, Sendable, Hashable {
    public init() {}

    public init(json reader: inout JSONReader) throws(MeshError) { try reader.skipValue() }

    public func write(to json: inout JSONWriter) {
        json.openObject()
        json.closeObject()
    }
}

#if arch(wasm32)
    extension MeshRequest {
        /// Runs one message of the mesh: the body of the module's export `mesh_handle`.
        public static func run(
            _ method: UnsafePointer<UInt8>?, _ methodLength: Int32, _ data: UnsafePointer<UInt8>?, _ dataLength: Int32,
            _ handle: (MeshRequest) throws(MeshError) -> Void
        ) -> Int32 {
            let host = MeshHost()
            let request = MeshRequest(
                method: JSONText(UnsafeBufferPointer(start: method, count: Int(methodLength))),
                data: UnsafeBufferPointer(start: data, count: Int(dataLength)), host: host)
            do throws(MeshError) {
                try handle(request)
            } catch {
                if host.workflow.isContinued, host.refusal == nil { return 0 }
                host.fail(host.refusal ?? error)
                return 1
            }
            guard let refusal = host.refusal else { return 0 }
            host.fail(refusal)
            return 1
        }
    }
#endif
