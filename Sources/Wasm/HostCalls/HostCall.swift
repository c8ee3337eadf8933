import CWasmtime

/// One call from a guest: its arguments, its memory, and the execution it belongs to. Valid until the call returns.
struct HostCall {
    unowned(unsafe) let execution: Execution
    /// The guest's memory as it is during this call; it can't grow or move in the meantime.
    let memory: UnsafeMutableRawBufferPointer
    let slots: UnsafeMutablePointer<wasmtime_val_raw_t>

    /// Arguments that make no sense (the call becomes a trap that names it), or the end of a workflow's run (`Execution.end`).
    struct Misuse: Error {
        var reason: String
    }

    func int32(_ index: Int) -> Int32 { slots[index].i32 }

    /// The bytes at the pointer in argument `index`, of the length in the argument after it.
    func bytes(_ index: Int) throws(Misuse) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(try buffer(index))
    }

    /// The same for writing.
    func buffer(_ index: Int) throws(Misuse) -> UnsafeMutableRawBufferPointer {
        try range(length(index), length(index + 1))
    }

    /// `count` bytes at `start`, both up to 32 bits.
    func range(_ start: Int, _ count: Int) throws(Misuse) -> UnsafeMutableRawBufferPointer {
        guard start + count <= memory.count else {
            throw Misuse(reason: "\(count) bytes at \(start), but the memory ends at \(memory.count)")
        }
        return UnsafeMutableRawBufferPointer(rebasing: memory[start..<(start + count)])
    }

    /// The length in argument `index`, before anything is read.
    func length(_ index: Int) -> Int { Int(UInt32(bitPattern: int32(index))) }

    /// Text in the guest's memory; nil where it isn't UTF-8.
    func text(_ index: Int) throws(Misuse) -> String? {
        String(validating: try bytes(index), as: UTF8.self)
    }

    /// Copies `text` out to the pointer and capacity in arguments `index` and `index + 1`, as all reading calls do.
    func copyOut(_ text: String, to index: Int) throws(Misuse) -> Int32 {
        var text = text
        let target = try buffer(index)
        return text.withUTF8 { copyOut(UnsafeRawBufferPointer($0), target) }
    }

    /// The same for bytes.
    func copyOut(_ bytes: [UInt8], to index: Int) throws(Misuse) -> Int32 {
        let target = try buffer(index)
        return bytes.withUnsafeBytes { copyOut($0, target) }
    }

    private func copyOut(_ bytes: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer) -> Int32 {
        if bytes.count <= target.count { target.copyMemory(from: bytes) }
        return Int32(clamping: bytes.count)
    }

    /// Remembers what a negative result is about, for `last_error`.
    func refuse(_ result: HostResult, _ reason: String) -> Int32 {
        execution.lastError = reason
        switch result {
        case .limit, .notAllowed, .invalid: execution.note(refusal: reason)
        case .absent, .noState, .cancelled: break
        }
        return result.rawValue
    }
}

/// The negative results of host functions (docs/abi.md).
enum HostResult: Int32 {
    case absent = -1
    case limit = -2
    case notAllowed = -3
    case invalid = -4
    case noState = -5
    case cancelled = -6
}

extension HostCall {
    /// Runs `body` for a call that Wasmtime delivers; returns the trap to raise, or nil.
    @inline(__always)
    static func run(
        _ name: StaticString, _ caller: OpaquePointer?, _ slots: UnsafeMutablePointer<wasmtime_val_raw_t>?,
        _ body: (HostCall) throws(Misuse) -> Void
    ) -> OpaquePointer? {
        guard let caller, let slots, let context = wasmtime_caller_context(caller),
            let data = wasmtime_context_get_data(context)
        else { return trap("a host call without an execution") }
        return Unmanaged<Execution>.fromOpaque(data)._withUnsafeGuaranteedRef { execution in
            let memory = memory(of: execution, context, caller)
            do throws(Misuse) {
                try body(HostCall(execution: execution, memory: memory, slots: slots))
                return nil
            } catch {
                // A workflow's run may have been ended on purpose.
                guard execution.end == nil else { return trap("the run ends here") }
                execution.misuse = "\(name): \(error.reason)"
                return trap("bad argument of a host call")
            }
        }
    }

    /// For functions with an `i32` result.
    @inline(__always)
    static func result(
        _ name: StaticString, _ caller: OpaquePointer?, _ slots: UnsafeMutablePointer<wasmtime_val_raw_t>?,
        _ body: (HostCall) throws(Misuse) -> Int32
    ) -> OpaquePointer? {
        run(name, caller, slots) { (call) throws(Misuse) in
            let result = try body(call)
            // Arguments and result share the slots; an i32 takes the low half of a zeroed word.
            call.slots[0].i64 = Int64(UInt32(bitPattern: result))
        }
    }

    static func trap(_ message: StaticString) -> OpaquePointer? {
        message.withUTF8Buffer { text in
            text.withMemoryRebound(to: CChar.self) { wasmtime_trap_new($0.baseAddress, $0.count) }
        }
    }

    @inline(__always)
    private static func memory(
        of execution: Execution, _ context: OpaquePointer, _ caller: OpaquePointer
    ) -> UnsafeMutableRawBufferPointer {
        if execution.memory == nil {
            // A start function is running: the instance isn't known yet.
            var item = wasmtime_extern_t()
            guard wasmtime_caller_export_get(caller, GuestInterface.memory, GuestInterface.memory.utf8.count, &item),
                item.kind == WASMTIME_EXTERN_MEMORY
            else { return UnsafeMutableRawBufferPointer(start: nil, count: 0) }
            execution.memory = item.of.memory
        }
        guard var memory = execution.memory else { return UnsafeMutableRawBufferPointer(start: nil, count: 0) }
        return UnsafeMutableRawBufferPointer(
            start: wasmtime_memory_data(context, &memory), count: wasmtime_memory_data_size(context, &memory))
    }
}
