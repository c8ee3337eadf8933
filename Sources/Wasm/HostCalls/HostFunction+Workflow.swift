import CWasmtime
import MeshCore

// The functions of module `mesh` that only workflows have (docs/abi.md, "Workflows"): each ends in `WorkflowCalls`.

extension HostFunction {
    static let workflow: [HostFunction] = [
        workflow("workflow_begin", parameters: 9) { _, caller, slots, _ in
            HostCall.result("workflow_begin", caller, slots) { (call) throws(HostCall.Misuse) in
                try call.workflowBegin()
            }
        },
        workflow("workflow_wait", parameters: 2) { _, caller, slots, _ in
            HostCall.result("workflow_wait", caller, slots) { (call) throws(HostCall.Misuse) in try call.workflowWait()
            }
        },
        workflow("workflow_group", parameters: 0) { _, caller, slots, _ in
            HostCall.result("workflow_group", caller, slots) { (call) throws(HostCall.Misuse) in
                try call.workflowGroup()
            }
        },
        workflow("workflow_add", parameters: 2) { _, caller, slots, _ in
            HostCall.result("workflow_add", caller, slots) { (call) throws(HostCall.Misuse) in try call.workflowAdd() }
        },
        workflow("workflow_next", parameters: 3) { _, caller, slots, _ in
            HostCall.result("workflow_next", caller, slots) { (call) throws(HostCall.Misuse) in try call.workflowNext()
            }
        },
        workflow("workflow_close", parameters: 2) { _, caller, slots, _ in
            HostCall.result("workflow_close", caller, slots) { (call) throws(HostCall.Misuse) in
                try call.workflowClose()
            }
        },
        workflow("workflow_reply", parameters: 4) { _, caller, slots, _ in
            HostCall.result("workflow_reply", caller, slots) { (call) throws(HostCall.Misuse) in
                try call.workflowReply()
            }
        },
        workflow("workflow_status", parameters: 1) { _, caller, slots, _ in
            HostCall.result("workflow_status", caller, slots) { call in call.workflowStatus() }
        },
        workflow("workflow_result", parameters: 3) { _, caller, slots, _ in
            HostCall.result("workflow_result", caller, slots) { (call) throws(HostCall.Misuse) in
                try call.workflowResult()
            }
        },
        workflow("workflow_cancel", parameters: 1) { _, caller, slots, _ in
            HostCall.result("workflow_cancel", caller, slots) { (call) throws(HostCall.Misuse) in
                try call.workflowCancel()
            }
        },
        workflow("workflow_patch", parameters: 2) { _, caller, slots, _ in
            HostCall.result("workflow_patch", caller, slots) { (call) throws(HostCall.Misuse) in
                try call.workflowPatch()
            }
        },
        workflow("workflow_continue", parameters: 2) { _, caller, slots, _ in
            HostCall.result("workflow_continue", caller, slots) { (call) throws(HostCall.Misuse) in
                try call.workflowContinue()
            }
        },
    ]

    private static func workflow(
        _ name: String, parameters: Int, _ callback: wasmtime_func_unchecked_callback_t
    ) -> HostFunction {
        HostFunction(
            module: "mesh", name: name,
            type: WasmFunctionType(Array(repeating: .i32, count: parameters), [.i32]), callback: callback)
    }
}

extension HostCall {
    /// The operations of one wait: as many as may be open. More would only repeat some, on the host's time.
    static let waitLimit = 20_000

    /// The value of a decision, a refusal's number, or the end of the run.
    func decided<Value>(_ decision: WorkflowDecision<Value>, _ value: (Value) throws(Misuse) -> Int32) throws(Misuse)
        -> Int32
    {
        switch decision {
        case .proceed(let result): return try value(result)
        case .refuse(.limit, let reason): return refuse(.limit, reason)
        case .refuse(.notAllowed, let reason): return refuse(.notAllowed, reason)
        case .refuse(.invalid, let reason): return refuse(.invalid, reason)
        case .suspend:
            execution.end = .suspended
            throw Misuse(reason: "suspended")
        case .stop(let reason):
            execution.end = .stopped(reason)
            throw Misuse(reason: reason)
        }
    }

    private func refuseOutside() -> Int32 { refuse(.notAllowed, "this method isn't a @workflow; only those may wait") }

    fileprivate func workflowBegin() throws(Misuse) -> Int32 {
        let hasKey = int32(4) != -1
        let (data, options) = (try bytes(5), try bytes(7))
        _ = try (buffer(1), hasKey ? buffer(3).count : 0)
        guard let workflow = execution.workflow else { return refuseOutside() }
        guard let kind = GuestCommand.Kind(rawValue: int32(0)) else {
            throw Misuse(reason: "kind \(int32(0)); there are 1 (call), 2 (timer) and 3 (signal)")
        }
        let limits = execution.request.limits
        let nameBytes = length(2) + (hasKey ? length(4) : 0)
        if nameBytes > HostCall.nameLimit || options.count > HostCall.nameLimit {
            return refuse(
                .limit,
                "workflow_begin: a name and a key of \(nameBytes) bytes, options of \(options.count); the limit is \(HostCall.nameLimit) each"
            )
        }
        if data.count > limits.messageBytes {
            return refuse(.limit, "workflow_begin: data of \(data.count) bytes; the limit is \(limits.messageBytes)")
        }
        guard let name = try text(1) else { return refuse(.invalid, "workflow_begin: the name isn't UTF-8") }
        let key = hasKey ? try text(3) : nil
        guard key != nil || !hasKey else { return refuse(.invalid, "workflow_begin: the key isn't UTF-8") }
        let command = GuestCommand(kind: kind, name: name, key: key, data: Array(data), options: Array(options))
        return try decided(workflow.begin(command)) { $0 }
    }

    /// The numbers at the pointer in argument `index`, as many as the argument after it says; nil where those are too many.
    private func operations(_ index: Int) throws(Misuse) -> [Int32]? {
        let count = length(index + 1)
        let bytes = UnsafeRawBufferPointer(try range(length(index), count * 4))
        guard count <= HostCall.waitLimit else { return nil }
        // Guests and hosts are little-endian.
        return [Int32](unsafeUninitializedCapacity: count) { buffer, initialized in
            UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
            initialized = count
        }
    }

    private func refuseTooMany(of call: String, _ count: Int) -> Int32 {
        refuse(.limit, "\(call): \(count) operations; the limit is \(HostCall.waitLimit)")
    }

    fileprivate func workflowGroup() throws(Misuse) -> Int32 {
        guard let workflow = execution.workflow else { return refuseOutside() }
        return try decided(workflow.makeGroup()) { $0 }
    }

    fileprivate func workflowAdd() throws(Misuse) -> Int32 {
        guard let workflow = execution.workflow else { return refuseOutside() }
        return try decided(workflow.add(int32(1), to: int32(0))) { 0 }
    }

    fileprivate func workflowNext() throws(Misuse) -> Int32 {
        let given = try operations(1)
        guard let workflow = execution.workflow else { return refuseOutside() }
        guard let operations = given else { return refuseTooMany(of: "workflow_next", length(2)) }
        return try decided(workflow.next(of: int32(0), orAnyOf: operations)) { next in
            switch next {
            case .operation(let operation): operation
            case .cancelled: refuse(.cancelled, "the workflow is being cancelled")
            case .empty: refuse(.absent, "nothing in the group is open")
            }
        }
    }

    fileprivate func workflowClose() throws(Misuse) -> Int32 {
        _ = try buffer(0)
        guard let workflow = execution.workflow else { return refuseOutside() }
        guard length(1) <= HostCall.nameLimit, let name = try text(0) else {
            return refuse(.invalid, "workflow_close: the name isn't UTF-8 of at most \(HostCall.nameLimit) bytes")
        }
        return try decided(workflow.close(signal: name)) { 0 }
    }

    fileprivate func workflowReply() throws(Misuse) -> Int32 {
        let data = try bytes(2)
        guard let workflow = execution.workflow else { return refuseOutside() }
        guard int32(1) == 0 || int32(1) == 1 else {
            throw Misuse(reason: "an outcome of \(int32(1)); there are 0 and 1")
        }
        let limit = execution.request.limits.messageBytes
        if data.count > limit {
            return refuse(.limit, "workflow_reply: an answer of \(data.count) bytes; the limit is \(limit)")
        }
        return try decided(workflow.reply(to: int32(0), isError: int32(1) == 1, data: Array(data))) { 0 }
    }

    fileprivate func workflowWait() throws(Misuse) -> Int32 {
        let given = try operations(0)
        guard let workflow = execution.workflow else { return refuseOutside() }
        guard let operations = given else { return refuseTooMany(of: "workflow_wait", length(1)) }
        return try decided(workflow.wait(forAnyOf: operations)) { place in
            place.map { Int32($0) } ?? refuse(.cancelled, "the workflow is being cancelled")
        }
    }

    fileprivate func workflowStatus() -> Int32 {
        guard let workflow = execution.workflow else { return refuseOutside() }
        switch workflow.outcome(of: int32(0)) {
        case nil: return 0
        case .result: return 1
        case .error: return 2
        }
    }

    fileprivate func workflowResult() throws(Misuse) -> Int32 {
        _ = try buffer(1)
        guard let workflow = execution.workflow else { return refuseOutside() }
        switch workflow.outcome(of: int32(0)) {
        case nil: return refuse(.absent, "operation \(int32(0)) is open")
        case .result(let data), .error(let data): return try copyOut(data, to: 1)
        }
    }

    fileprivate func workflowCancel() throws(Misuse) -> Int32 {
        guard let workflow = execution.workflow else { return refuseOutside() }
        return try decided(workflow.cancel(int32(0))) { 0 }
    }

    fileprivate func workflowPatch() throws(Misuse) -> Int32 {
        _ = try buffer(0)
        guard let workflow = execution.workflow else { return refuseOutside() }
        guard length(1) <= HostCall.nameLimit, let name = try text(0) else {
            return refuse(.invalid, "workflow_patch: the name isn't UTF-8 of at most \(HostCall.nameLimit) bytes")
        }
        return try decided(workflow.isPatched(name)) { $0 ? 1 : 0 }
    }

    fileprivate func workflowContinue() throws(Misuse) -> Int32 {
        let bytes = try bytes(0)
        guard let workflow = execution.workflow else { return refuseOutside() }
        let limit = execution.request.limits.messageBytes
        guard bytes.count <= limit else {
            return refuse(.limit, "workflow_continue: an input of \(bytes.count) bytes; the limit is \(limit)")
        }
        return try decided(workflow.continueAsNew(Array(bytes))) { 0 }
    }

    // MARK: What handlers have too, in a workflow

    func workflowState(_ workflow: any WorkflowCalls) throws(Misuse) -> Int32 {
        // The guest may have to come again with more room: that is one reading.
        let state: [UInt8]?
        if let unread = execution.unreadState {
            state = unread
        } else {
            var read: [UInt8]?
            let result = try decided(workflow.readState()) { state in
                read = state
                return 0
            }
            guard result == 0 else { return result }
            state = read
        }
        guard let state else { return refuse(.absent, "there is no state for this key") }
        let result = try copyOut(state, to: 0)
        execution.unreadState = Int(result) > length(1) ? state : nil
        return result
    }

    func workflowSetState(_ state: [UInt8]?, _ workflow: any WorkflowCalls) throws(Misuse) -> Int32 {
        execution.unreadState = nil
        let host = execution.host
        return try decided(
            workflow.writeState(state) { state.map { host.checkState($0) } ?? .accepted }
        ) { 0 }
    }
}
