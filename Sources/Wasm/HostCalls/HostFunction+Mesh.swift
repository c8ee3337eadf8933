import CWasmtime
import MeshCore

// The functions of module `mesh` (docs/abi.md). Each buffers; none has an effect.

extension HostFunction {
    static let mesh: [HostFunction] = [
        mesh("reply", [.i32, .i32], []) { _, caller, slots, _ in
            HostCall.run("reply", caller, slots) { (call) throws(HostCall.Misuse) in try call.reply() }
        },
        mesh("fail", [.i32, .i32], []) { _, caller, slots, _ in
            HostCall.run("fail", caller, slots) { (call) throws(HostCall.Misuse) in try call.fail() }
        },
        mesh("log", [.i32, .i32, .i32], []) { _, caller, slots, _ in
            HostCall.run("log", caller, slots) { (call) throws(HostCall.Misuse) in try call.log() }
        },
        mesh("now", [], [.i64]) { _, caller, slots, _ in
            HostCall.run("now", caller, slots) { call in call.slots[0].i64 = call.execution.now.microseconds }
        },
        mesh("random", [.i32, .i32], []) { _, caller, slots, _ in
            HostCall.run("random", caller, slots) { (call) throws(HostCall.Misuse) in
                call.execution.fillRandom(try call.buffer(0))
            }
        },
        mesh("context", [.i32, .i32, .i32], [.i32]) { _, caller, slots, _ in
            HostCall.result("context", caller, slots) { (call) throws(HostCall.Misuse) in try call.context() }
        },
        mesh("config", [.i32, .i32, .i32, .i32], [.i32]) { _, caller, slots, _ in
            HostCall.result("config", caller, slots) { (call) throws(HostCall.Misuse) in try call.config() }
        },
        mesh("state_get", [.i32, .i32], [.i32]) { _, caller, slots, _ in
            HostCall.result("state_get", caller, slots) { (call) throws(HostCall.Misuse) in try call.stateGet() }
        },
        mesh("state_set", [.i32, .i32], [.i32]) { _, caller, slots, _ in
            HostCall.result("state_set", caller, slots) { (call) throws(HostCall.Misuse) in try call.stateSet() }
        },
        mesh("state_delete", [], [.i32]) { _, caller, slots, _ in
            HostCall.result("state_delete", caller, slots) { (call) throws(HostCall.Misuse) in try call.stateDelete() }
        },
        mesh("emit", [.i32, .i32, .i32, .i32], [.i32]) { _, caller, slots, _ in
            HostCall.result("emit", caller, slots) { (call) throws(HostCall.Misuse) in try call.emit() }
        },
        mesh("send", [.i32, .i32, .i32, .i32, .i32, .i32], [.i32]) { _, caller, slots, _ in
            HostCall.result("send", caller, slots) { (call) throws(HostCall.Misuse) in try call.send() }
        },
        mesh("send_after", [.i32, .i32, .i32, .i32, .i32, .i32, .i64], [.i32]) { _, caller, slots, _ in
            HostCall.result("send_after", caller, slots) { (call) throws(HostCall.Misuse) in try call.sendAfter() }
        },
        mesh("last_error", [.i32, .i32], [.i32]) { _, caller, slots, _ in
            HostCall.result("last_error", caller, slots) { (call) throws(HostCall.Misuse) in
                try call.copyOut(call.execution.lastError, to: 0)
            }
        },
    ]

    private static func mesh(
        _ name: String, _ parameters: [WasmValueType], _ results: [WasmValueType],
        _ callback: wasmtime_func_unchecked_callback_t
    ) -> HostFunction {
        HostFunction(module: "mesh", name: name, type: WasmFunctionType(parameters, results), callback: callback)
    }
}

extension HostCall {
    private var limits: SandboxLimits { execution.request.limits }

    /// Longer names and keys aren't looked at.
    static let nameLimit = 4096

    fileprivate func reply() throws(Misuse) {
        let bytes = try bytes(0)
        guard bytes.count <= limits.messageBytes else {
            execution.violation = "reply: an answer of \(bytes.count) bytes; the limit is \(limits.messageBytes)"
            return
        }
        execution.reply = Array(bytes)
    }

    fileprivate func fail() throws(Misuse) {
        let bytes = try bytes(0)
        guard bytes.count <= limits.messageBytes else {
            execution.violation = "fail: an error of \(bytes.count) bytes; the limit is \(limits.messageBytes)"
            return
        }
        execution.failure = Array(bytes)
    }

    fileprivate func log() throws(Misuse) {
        guard let level = GuestLogLine.Level(rawValue: int32(0)) else {
            throw Misuse(reason: "level \(int32(0)); there are 0 to 3")
        }
        let line = try bytes(1)
        if execution.isLogging { execution.logs.append(level, line) }
    }

    fileprivate func context() throws(Misuse) -> Int32 {
        let facts = execution.request.facts
        let value: String? =
            switch int32(0) {
            case 0: facts.id
            case 1: facts.key
            case 2: facts.type
            case 3: facts.source
            case 4: facts.caller
            case 5: facts.traceparent
            case 6: String(facts.attempt)
            case 7: facts.deadline.map { String($0.microseconds) }
            case 8: facts.service
            case 9: execution.workflow.map { String($0.run) }
            case 10: execution.workflow?.cancelReason
            case 11: facts.principal
            default: nil
            }
        guard let value else {
            _ = try buffer(1)
            return refuse(.absent, "this message has no context field \(int32(0))")
        }
        return try copyOut(value, to: 1)
    }

    fileprivate func config() throws(Misuse) -> Int32 {
        _ = try (buffer(0), buffer(2))
        guard length(1) <= HostCall.nameLimit, let name = try text(0) else {
            return refuse(.invalid, "config: the name isn't UTF-8 of at most \(HostCall.nameLimit) bytes")
        }
        guard let value = try configuration(name) else {
            return refuse(.absent, "there is no configuration value `\(name.prefix(100))`")
        }
        return try copyOut(value, to: 2)
    }

    private func configuration(_ name: String) throws(Misuse) -> String? {
        guard let workflow = execution.workflow else { return execution.host.configuration(name) }
        let host = execution.host
        var found: String?
        _ = try decided(workflow.configuration(name) { host.configuration(name) }) { value in
            found = value
            return 0
        }
        return found
    }

    fileprivate func stateGet() throws(Misuse) -> Int32 {
        _ = try buffer(0)
        guard execution.request.hasState else { return refuseStateless() }
        if let workflow = execution.workflow { return try workflowState(workflow) }
        guard let state = execution.currentState else { return refuse(.absent, "there is no state for this key") }
        return try copyOut(state, to: 0)
    }

    fileprivate func stateSet() throws(Misuse) -> Int32 {
        let bytes = try bytes(0)
        guard execution.request.hasState else { return refuseStateless() }
        guard bytes.count <= limits.messageBytes else {
            return refuse(.limit, "state_set: a state of \(bytes.count) bytes; the limit is \(limits.messageBytes)")
        }
        let state = Array(bytes)
        if let workflow = execution.workflow { return try workflowSetState(state, workflow) }
        switch execution.host.checkState(state) {
        case .accepted:
            execution.stateChange = .set(state)
            return 0
        case .invalid(let reason): return refuse(.invalid, reason)
        }
    }

    fileprivate func stateDelete() throws(Misuse) -> Int32 {
        guard execution.request.hasState else { return refuseStateless() }
        if let workflow = execution.workflow { return try workflowSetState(nil, workflow) }
        // Deleting what never was is no change.
        execution.stateChange = execution.request.state == nil ? .unchanged : .deleted
        return 0
    }

    private func refuseStateless() -> Int32 { refuse(.noState, "the service of this method has no @state") }

    fileprivate func emit() throws(Misuse) -> Int32 {
        let bytes = try bytes(2)
        _ = try buffer(0)
        if let refusal = refuseSize(of: "emit", bytes.count, nameBytes: length(1)) { return refusal }
        guard let event = try text(0) else { return refuse(.invalid, "emit: the event's name isn't UTF-8") }
        let data = Array(bytes)
        let host = execution.host
        if let workflow = execution.workflow {
            return try decided(
                workflow.handOut(.emit, name: event, key: nil, data: data, due: nil) {
                    host.checkEmit(event: event, data: data)
                }
            ) { 0 }
        }
        return buffer(.emit, event, data, host.checkEmit(event: event, data: data))
    }

    fileprivate func sendAfter() throws(Misuse) -> Int32 {
        let delay = slots[6].i64
        guard delay <= Timestamp.longestDelay else {
            return refuse(
                .invalid, "a call is delivered within 100 years, and this one after \(delay / 86_400_000_000) days")
        }
        // It takes time to be sent later, so that what is due now goes the shorter way.
        return try send("send_after", due: delay > 0 ? execution.now.advanced(by: .microseconds(delay)) : nil)
    }

    fileprivate func send(_ name: String = "send", due: Timestamp? = nil) throws(Misuse) -> Int32 {
        let hasKey = int32(3) != -1
        let bytes = try bytes(4)
        _ = try (buffer(0), hasKey ? buffer(2).count : 0)
        let nameBytes = length(1) + (hasKey ? length(3) : 0)
        if let refusal = refuseSize(of: name, bytes.count, nameBytes: nameBytes) { return refusal }
        guard let target = try text(0) else { return refuse(.invalid, "\(name): the target isn't UTF-8") }
        let key = hasKey ? try text(2) : nil
        guard key != nil || !hasKey else { return refuse(.invalid, "\(name): the key isn't UTF-8") }
        let data = Array(bytes)
        let host = execution.host
        if let workflow = execution.workflow {
            return try decided(
                workflow.handOut(.send, name: target, key: key, data: data, due: due) {
                    host.checkSend(target: target, key: key, data: data)
                }
            ) { 0 }
        }
        return buffer(.send, target, data, due: due, host.checkSend(target: target, key: key, data: data))
    }

    private func refuseSize(of call: String, _ dataBytes: Int, nameBytes: Int) -> Int32? {
        if nameBytes > HostCall.nameLimit {
            return refuse(.limit, "\(call): names and keys of \(nameBytes) bytes; the limit is \(HostCall.nameLimit)")
        }
        if dataBytes > limits.messageBytes {
            return refuse(.limit, "\(call): data of \(dataBytes) bytes; the limit is \(limits.messageBytes)")
        }
        if execution.messages.count >= limits.messages {
            return refuse(.limit, "\(call): \(limits.messages) messages have been emitted or sent; that is the limit")
        }
        if execution.messagesBytes + dataBytes + nameBytes > limits.messagesBytes {
            return refuse(.limit, "\(call): more than \(limits.messagesBytes) bytes of messages; that is the limit")
        }
        return nil
    }

    private func buffer(
        _ kind: GuestMessage.Kind, _ name: String, _ data: [UInt8], due: Timestamp? = nil, _ decision: MessageDecision
    ) -> Int32 {
        switch decision {
        case .accepted(let key, let tag):
            execution.messages.append(GuestMessage(kind: kind, name: name, key: key, tag: tag, data: data, due: due))
            execution.messagesBytes += data.count + name.utf8.count + (key?.utf8.count ?? 0)
            return 0
        case .denied(let reason): return refuse(.notAllowed, reason)
        case .invalid(let reason): return refuse(.invalid, reason)
        }
    }
}
