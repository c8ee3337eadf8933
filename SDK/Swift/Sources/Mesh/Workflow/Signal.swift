/// A `@signal` of a service, with what a receive of it gives; the generated ones are named like their methods: `mesh.receive(.approve)`.
///
/// That is what the signal brings, or, for one with a result, a `Request` that has it and takes the answer.
public struct Signal<Context: WorkflowContext, Value> {
    /// `approve`.
    let name: StaticString
    let read: SignalReader<Value>
}

/// Reads what a receive has got; a number says which one.
typealias SignalReader<Value> = (MeshHost, Int32, UnsafeBufferPointer<UInt8>) throws(MeshError) -> Value

extension Signal where Value: JSONCodable {
    /// For generated code: a signal without an answer.
    public init(_ name: StaticString) {
        self.init(name: name) { _, _, bytes throws(MeshError) in try Value(jsonBytes: bytes) }
    }
}

extension WorkflowContext {
    /// Waits for the next signal of that name; one that came early is there at once.
    @discardableResult
    public func receive<Value>(_ signal: Signal<Self, Value>) throws(MeshError) -> Value { try received(signal) }

    /// Waits for the next signal of that name, whose sender waits for an answer.
    public func receive<Arguments, Answer>(
        _ signal: Signal<Self, Request<Arguments, Answer>>
    ) throws(MeshError) -> Request<Arguments, Answer> { try received(signal) }

    private func received<Value>(_ signal: Signal<Self, Value>) throws(MeshError) -> Value {
        let pending = try expect(signal)
        do throws(MeshError) {
            return try pending.value()
        } catch {
            // Else the next signal would be for this one, of which the code doesn't hear any more.
            pending.cancel()
            throw error
        }
    }

    /// Waits that long at most; nil where none has come by then.
    public func receive<Value>(_ signal: Signal<Self, Value>, timeout: Duration) throws(MeshError) -> Value? {
        let pending = try expect(signal)
        let value: Value?
        do throws(MeshError) {
            value = try pending.value(timeout: timeout)
        } catch {
            pending.cancel()
            throw error
        }
        if value == nil { pending.cancel() }
        return value
    }

    /// Takes the next signal of that name while the workflow does something else.
    public func expect<Value>(_ signal: Signal<Self, Value>) throws(MeshError) -> Pending<Value> {
        try host.expect(signal.name, signal.read)
    }
}

extension MeshHost {
    /// Begins a receive.
    func expect<Value>(_ name: StaticString, _ read: @escaping SignalReader<Value>) throws(MeshError) -> Pending<Value>
    {
        let number = try begin(.receive, name.asString)
        return Pending(host: self, number: number) { [self] bytes throws(MeshError) in try read(self, number, bytes) }
    }
}
