/// Something that a workflow has begun and can wait for: a call, a child workflow, a timer, a signal.
///
/// What is never waited for goes on by itself; at the end of the run it is given up (`parentClose` says so for child workflows).
public struct Pending<Value> {
    let host: MeshHost
    /// The operation's number.
    let number: Int32
    let read: AnswerReader<Value>

    /// Waits, and returns the answer; an error of the other side is thrown with its code and details.
    @discardableResult
    public func value() throws(MeshError) -> Value {
        _ = try host.wait(for: [number])
        return try outcome()
    }

    /// Waits that long at most: nil when it is still open then. It stays open.
    public func value(timeout: Duration) throws(MeshError) -> Value? {
        guard try host.wait(for: [number], timeout: timeout) != nil else { return nil }
        return try outcome()
    }

    /// True where it has completed; never waits.
    public var isDone: Bool { host.workflowStatus(number) != 0 }

    /// True where it has completed with an answer, whether that can be read or not.
    var isAnswered: Bool { host.workflowStatus(number) == 1 }

    /// Gives it up. A child workflow is asked to end, and is completed when it has; anything else is completed at once, with `CANCELLED`.
    public func cancel() { host.workflowCancel(number) }

    /// This without its value, to wait for things of different types with `mesh.first(of:)`.
    public var any: Pending<Void> { Pending<Void>(host: host, number: number) { _ throws(MeshError) in () } }

    /// The answer of what has completed.
    func outcome() throws(MeshError) -> Value {
        let bytes = host.workflowResult(number)
        if host.workflowStatus(number) == 2 { throw MeshError.read(bytes) }
        return try bytes.reading(read)
    }
}

extension MeshError {
    /// The error that an answer says.
    static func read(_ bytes: [UInt8]) -> MeshError {
        do throws(MeshError) {
            return try bytes.reading { bytes throws(MeshError) in try MeshError(jsonBytes: bytes) }
        } catch {
            return .internalError("an error that can't be read")
        }
    }
}

extension [UInt8] {
    func reading<Value>(_ read: AnswerReader<Value>) throws(MeshError) -> Value {
        var value: Value?
        var failure: MeshError?
        withUnsafeBufferPointer { bytes in
            do throws(MeshError) { value = try read(bytes) } catch { failure = error }
        }
        guard let value else { throw failure ?? .internalError("no value") }
        return value
    }
}
