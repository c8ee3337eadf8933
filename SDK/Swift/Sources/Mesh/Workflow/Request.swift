/// A signal that waits for an answer, as a receive gives it: `let request = try mesh.receive(.approve)`.
///
/// Who sent it waits until the code says `reply` or `fail`, now or after any other wait, and once. Where the run ends before that, or
/// another one begins, the sender gets `FAILED_PRECONDITION`.
public struct Request<Arguments: JSONCodable, Answer> {
    /// What the signal brings.
    public let arguments: Arguments
    let host: MeshHost
    /// The receive that has got it.
    let operation: Int32
    let write: AnswerWriter<Answer>

    /// Gives the sender the answer.
    ///
    /// - Throws: `INVALID_REQUEST` where it was answered already, or where the answer doesn't fit the schema.
    public func reply(_ answer: Answer) throws(MeshError) {
        try host.answer(operation, isError: false, write(answer))
    }

    /// Refuses it: the sender gets the error with code, message and details as they are.
    ///
    /// - Throws: `INVALID_REQUEST` where it was answered already.
    public func fail(_ error: MeshError) throws(MeshError) {
        try host.answer(operation, isError: true, error.jsonBytes)
    }
}

/// Writes an answer as the wire carries it.
typealias AnswerWriter<Answer> = (Answer) -> [UInt8]

extension MeshHost {
    /// Answers the signal that a receive has got.
    func answer(_ operation: Int32, isError: Bool, _ data: [UInt8]) throws(MeshError) {
        let result = workflowReply(operation, isError: isError, data)
        if result < 0 { throw .refused(result, lastError()) }
    }
}

// MARK: - For generated code
extension Signal {
    /// A signal whose answer is an object.
    public init<Arguments, Answer: JSONCodable>(object name: StaticString) where Value == Request<Arguments, Answer> {
        self.init(name) { answer in answer.jsonBytes }
    }

    /// A signal whose answer is an object or null.
    public init<Arguments, Wrapped: JSONCodable>(objectOrNull name: StaticString)
    where Value == Request<Arguments, Wrapped?> {
        self.init(name) { answer in answer.bytesAsObjectOrNull }
    }

    /// A signal whose answer isn't an object: it travels as `{"value": …}`.
    public init<Arguments, Answer: JSONCodable>(value name: StaticString) where Value == Request<Arguments, Answer> {
        self.init(name) { answer in answer.bytesAsValue }
    }

    private init<Arguments, Answer>(_ name: StaticString, write: @escaping AnswerWriter<Answer>)
    where Value == Request<Arguments, Answer> {
        self.name = name
        read = { host, operation, bytes throws(MeshError) in
            Request(arguments: try Arguments(jsonBytes: bytes), host: host, operation: operation, write: write)
        }
    }
}
