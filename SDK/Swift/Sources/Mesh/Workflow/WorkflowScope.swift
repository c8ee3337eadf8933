/// What a run keeps beside its operations.
struct WorkflowScope {
    /// Set when the code has asked for another run: what it throws or returns afterwards doesn't count.
    var isContinued = false
    /// What people read beside operations that have no label of their own: the step of a saga or a pipeline.
    var label: String?
}

/// The kinds of docs/abi.md.
enum OperationKind: Int32, Sendable {
    case call = 1
    case timer = 2
    case receive = 3
}

extension MeshHost {
    /// Begins an operation, and returns its number.
    func begin(
        _ kind: OperationKind, _ name: String, key: String? = nil, _ data: [UInt8] = [],
        _ options: CallOptions = CallOptions(), until: Int64? = nil
    ) throws(MeshError) -> Int32 {
        var options = options
        // For people alone, so that a long one is no reason to refuse the operation.
        options.label = (options.label ?? workflow.label)?.cut(toBytes: CallOptions.maximumLabelLength)
        let number = workflowBegin(kind, name, key: key, data, options.json(until: until))
        guard number > 0 else { throw .refused(number, lastError()) }
        return number
    }

    func beginTimer(_ duration: Duration, until instant: DateTime? = nil) throws(MeshError) -> Int32 {
        let until = instant.map { max(0, $0.epochMicroseconds) }
        return try begin(.timer, "", Array(String(max(0, duration.microseconds)).utf8), until: until)
    }

    /// Waits for the first of these: its place.
    func wait(for operations: [Int32]) throws(MeshError) -> Int {
        let place = workflowWait(operations)
        if place >= 0 { return Int(place) }
        throw place == -6 ? cancellation : .refused(place, lastError())
    }

    /// What a wait throws when the workflow is to be cancelled; nobody has to say why.
    private var cancellation: MeshError {
        let reason = text(.cancelReason) ?? ""
        return .cancelled(reason.isEmpty ? "the workflow is cancelled" : reason)
    }

    /// Makes a group of operations, whose open ones the host keeps.
    func makeGroup() throws(MeshError) -> Int32 {
        let group = workflowGroup()
        guard group > 0 else { throw .refused(group, lastError()) }
        return group
    }

    func add(_ operation: Int32, to group: Int32) throws(MeshError) {
        let result = workflowAdd(operation, to: group)
        if result < 0 { throw .refused(result, lastError()) }
    }

    /// Waits for the first of a group, or for the timer: its number; nil where the timer was first, or nothing is open.
    func next(of group: Int32, timer: Int32? = nil) throws(MeshError) -> Int32? {
        let operation = workflowNext(group, timer.map { [$0] } ?? [])
        if operation > 0 { return operation == timer ? nil : operation }
        switch operation {
        case -1: return nil
        case -6: throw cancellation
        default: throw .refused(operation, lastError())
        }
    }

    /// Waits that long at most; nil when none has completed then.
    func wait(for operations: [Int32], timeout: Duration?) throws(MeshError) -> Int? {
        guard let timeout else { return try wait(for: operations) }
        let timer = try beginTimer(timeout)
        let place: Int
        do throws(MeshError) {
            place = try wait(for: operations + [timer])
        } catch {
            workflowCancel(timer)
            throw error
        }
        if place == operations.count { return nil }
        workflowCancel(timer)
        return place
    }

    /// Gives these up and waits until they are done: a child workflow cleans up first. Cancelled meanwhile, it throws that when they are.
    func close(_ operations: [Int32]) throws(MeshError) {
        for operation in operations { workflowCancel(operation) }
        var cancelled: MeshError?
        for operation in operations {
            while workflowStatus(operation) == 0 {
                do throws(MeshError) {
                    _ = try wait(for: [operation])
                } catch {
                    // Said once; anything else would be said for ever.
                    guard error.isCancelled, cancelled == nil else { throw error }
                    cancelled = error
                }
            }
        }
        if let cancelled { throw cancelled }
    }
}
