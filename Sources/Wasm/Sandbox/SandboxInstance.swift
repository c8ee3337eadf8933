import CWasmtime

/// A store with one instance in it, from its making to its end.
struct SandboxInstance: ~Copyable {
    private let code: ModuleCode
    let execution: Execution
    private let store: OpaquePointer
    private let context: OpaquePointer
    private var instance = wasmtime_instance_t()
    /// The guest is in `mesh_handle`: only there may it end itself.
    private(set) var isHandling = false

    /// How a call into the guest ended when it didn't return.
    enum Stop: Error {
        case outcome(GuestOutcome)
        /// `proc_exit(0)` while handling: done.
        case exited
    }

    init(_ code: ModuleCode, _ execution: Execution) {
        self.code = code
        self.execution = execution
        // The execution outlives the store: `Sandbox.run` holds it until after `close`.
        let data = Unmanaged.passUnretained(execution).toOpaque()
        self.store = wasmtime_store_new(code.lane.pointer, data, nil)
        self.context = wasmtime_store_context(store)
        let limits = execution.request.limits
        wasmtime_store_limiter(store, Int64(limits.memoryBytes), Int64(code.lane.configuration.tableElements), 1, 1, 1)
        wasmtime_store_epoch_deadline_callback(store, SandboxInstance.epochEnded, data, nil)
        wasmtime_context_set_epoch_deadline(context, 1)
    }

    /// Frees the store and with it the instance.
    consuming func close() { wasmtime_store_delete(store) }

    private static let epochEnded:
        @convention(c) (
            OpaquePointer?, UnsafeMutableRawPointer?, UnsafeMutablePointer<UInt64>?, UnsafeMutablePointer<UInt8>?
        ) -> OpaquePointer? = { _, data, delta, _ in
            guard let data, let delta else { return wasmtime_error_new("an epoch without an execution") }
            return Unmanaged<Execution>.fromOpaque(data)._withUnsafeGuaranteedRef { execution in
                guard let ticks = execution.deadline.epochEnded() else {
                    execution.isOutOfTime = true
                    return wasmtime_error_new("out of CPU time")
                }
                delta.pointee = ticks
                return nil
            }
        }

    /// The size of the guest's memory now.
    var memoryBytes: Int {
        guard var memory = execution.memory else { return 0 }
        return wasmtime_memory_data_size(context, &memory)
    }

    // MARK: The steps of an execution

    mutating func run() -> GuestOutcome {
        do throws(Stop) {
            try start()
            let block = try passMessage()
            isHandling = true
            return finish(try handle(block))
        } catch {
            switch error {
            case .outcome(let outcome): return outcome
            case .exited: return finish(0)
            }
        }
    }

    /// Makes the instance, which runs the start function, and `_initialize`.
    private mutating func start() throws(Stop) {
        var trap: OpaquePointer?
        let error = wasmtime_instance_pre_instantiate(code.instancePre, context, &instance, &trap)
        if let trap { throw stopped(by: trap) }
        if let error { throw stopped(by: error, orElse: { .unavailable("No instance: \($0)") }) }
        guard let memory = export(GuestInterface.memoryName, WASMTIME_EXTERN_MEMORY)?.of.memory else {
            throw .outcome(.badOutput("The guest has no memory."))
        }
        execution.memory = memory
        if code.hasInitializer { try call(GuestInterface.initializeName, InlineArguments()) }
    }

    /// Where the message's method and data lie in the guest's memory.
    private struct Block {
        var method: UInt32
        var methodLength: UInt32
        var data: UInt32
        var dataLength: UInt32
    }

    private mutating func passMessage() throws(Stop) -> Block {
        // Read in place: a copy of the request counts references to all that it holds.
        let methodLength = execution.request.method.utf8.count
        let dataLength = execution.request.data.count
        let length = methodLength + dataLength
        guard length <= execution.request.limits.memoryBytes else {
            throw .outcome(.memoryExceeded("The message has \(length) bytes; \(memoryLimitText)."))
        }
        let address = try call(GuestInterface.allocateName, InlineArguments(UInt32(length)))
        guard address != 0 else {
            throw .outcome(
                .memoryExceeded("mesh_alloc has no room for the message of \(length) bytes; \(memoryLimitText)."))
        }
        guard var memory = execution.memory, let base = wasmtime_memory_data(context, &memory),
            Int(address) + length <= wasmtime_memory_data_size(context, &memory)
        else {
            throw .outcome(
                .badOutput("mesh_alloc returned \(length) bytes at \(address), beyond the end of the memory."))
        }
        let target = UnsafeMutableRawBufferPointer(start: base + Int(address), count: length)
        target.copyBytes(from: execution.request.method.utf8)
        execution.request.data.withUnsafeBytes {
            UnsafeMutableRawBufferPointer(rebasing: target[methodLength...]).copyMemory(from: $0)
        }
        return Block(
            method: address, methodLength: UInt32(methodLength), data: address + UInt32(methodLength),
            dataLength: UInt32(dataLength))
    }

    private mutating func handle(_ block: Block) throws(Stop) -> UInt32 {
        try call(
            GuestInterface.handleName, InlineArguments(block.method, block.methodLength, block.data, block.dataLength))
    }

    private func finish(_ result: UInt32) -> GuestOutcome {
        if let violation = execution.violation { return .badOutput(violation) }
        if let failure = execution.failure { return .failure(failure) }
        switch result {
        case 0:
            return .completed(
                GuestEffects(reply: execution.reply, state: execution.stateChange, messages: execution.messages))
        case 1: return .badOutput("mesh_handle returned 1, but the guest didn't call `fail` to say why.")
        default:
            return .badOutput("mesh_handle returned \(Int32(bitPattern: result)); there are 0 (done) and 1 (failed).")
        }
    }

    // MARK: Calls

    private func export(_ name: StaticString, _ kind: Int32) -> wasmtime_extern_t? {
        var item = wasmtime_extern_t()
        var instance = instance
        let isThere = name.withUTF8Buffer { text in
            text.withMemoryRebound(to: CChar.self) {
                wasmtime_instance_export_get(context, &instance, $0.baseAddress, $0.count, &item)
            }
        }
        return isThere && Int32(item.kind) == kind ? item : nil
    }

    /// Calls an export whose type was checked when the module was made; returns its result, 0 where it has none.
    @discardableResult
    private mutating func call(_ name: StaticString, _ arguments: InlineArguments) throws(Stop) -> UInt32 {
        guard var function = export(name, WASMTIME_EXTERN_FUNC)?.of.func else {
            throw .outcome(.badOutput("The guest has no function \(name)."))
        }
        var trap: OpaquePointer?
        var error: OpaquePointer?
        var slots = arguments
        error = slots.withSlots { wasmtime_func_call_unchecked(context, &function, $0, InlineArguments.count, &trap) }
        if let trap { throw stopped(by: trap) }
        if let error { throw stopped(by: error, orElse: { .trapped(GuestTrap(kind: .other, message: $0)) }) }
        return slots.result
    }
}
