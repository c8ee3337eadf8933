/// A `@signal` of a service, with what it brings; the generated ones are named like their methods: `mesh.receive(.approve)`.
public struct Signal<Context: WorkflowContext, Arguments: JSONCodable> {
    /// `approve`.
    let name: StaticString

    /// For generated code.
    public init(_ name: StaticString) { self.name = name }
}

extension WorkflowContext {
    /// Waits for the next signal of that name; one that came early is there at once.
    @discardableResult
    public func receive<Arguments>(_ signal: Signal<Self, Arguments>) throws(MeshError) -> Arguments {
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
    public func receive<Arguments>(
        _ signal: Signal<Self, Arguments>, timeout: Duration
    ) throws(MeshError) -> Arguments? {
        let pending = try expect(signal)
        let value: Arguments?
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
    public func expect<Arguments>(_ signal: Signal<Self, Arguments>) throws(MeshError) -> Pending<Arguments> {
        let number = try host.begin(.receive, signal.name.asString)
        return Pending(host: host, number: number) { bytes throws(MeshError) in try Arguments(jsonBytes: bytes) }
    }
}
