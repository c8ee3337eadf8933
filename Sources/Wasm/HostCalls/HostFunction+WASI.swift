import CWasmtime
import MeshCore

// The functions of WASI preview 1 that a guest without files and sockets needs (docs/abi.md, WASI).

extension HostFunction {
    static let wasi: [HostFunction] = [
        wasi("clock_time_get", [.i32, .i64, .i32]) { _, caller, slots, _ in
            HostCall.result("clock_time_get", caller, slots) { (call) throws(HostCall.Misuse) in
                try call.store(call.execution.now.microseconds &* 1000, at: 2)
            }
        },
        wasi("random_get", [.i32, .i32]) { _, caller, slots, _ in
            HostCall.result("random_get", caller, slots) { (call) throws(HostCall.Misuse) in
                call.execution.fillRandom(try call.buffer(0))
                return WASI.success
            }
        },
        wasi("fd_write", [.i32, .i32, .i32, .i32]) { _, caller, slots, _ in
            HostCall.result("fd_write", caller, slots) { (call) throws(HostCall.Misuse) in try call.write() }
        },
        wasi("args_get", [.i32, .i32]) { _, caller, slots, _ in
            HostCall.result("args_get", caller, slots) { _ in WASI.success }
        },
        wasi("args_sizes_get", [.i32, .i32]) { _, caller, slots, _ in
            HostCall.result("args_sizes_get", caller, slots) { (call) throws(HostCall.Misuse) in try call.storeNothing()
            }
        },
        wasi("environ_get", [.i32, .i32]) { _, caller, slots, _ in
            HostCall.result("environ_get", caller, slots) { _ in WASI.success }
        },
        wasi("environ_sizes_get", [.i32, .i32]) { _, caller, slots, _ in
            HostCall.result("environ_sizes_get", caller, slots) { (call) throws(HostCall.Misuse) in
                try call.storeNothing()
            }
        },
        wasi("sched_yield", []) { _, caller, slots, _ in
            HostCall.result("sched_yield", caller, slots) { _ in WASI.success }
        },
        wasi("fd_fdstat_get", [.i32, .i32]) { _, caller, slots, _ in
            HostCall.result("fd_fdstat_get", caller, slots) { (call) throws(HostCall.Misuse) in
                try call.descriptorStatus()
            }
        },
        wasi("fd_close", [.i32]) { _, caller, slots, _ in
            HostCall.result("fd_close", caller, slots) { call in
                call.isStandardDescriptor ? WASI.success : WASI.badDescriptor
            }
        },
        wasi("fd_seek", [.i32, .i64, .i32, .i32]) { _, caller, slots, _ in
            HostCall.result("fd_seek", caller, slots) { call in
                call.isStandardDescriptor ? WASI.cannotSeek : WASI.badDescriptor
            }
        },
        wasi("fd_prestat_get", [.i32, .i32]) { _, caller, slots, _ in
            HostCall.result("fd_prestat_get", caller, slots) { _ in WASI.badDescriptor }
        },
        HostFunction(
            module: WASI.module, name: "proc_exit", type: WasmFunctionType([.i32], []),
            callback: { _, caller, slots, _ in
                let failure = HostCall.run("proc_exit", caller, slots) { call in
                    call.execution.exitStatus = call.int32(0)
                }
                return failure ?? HostCall.trap("the guest has ended itself with proc_exit")
            }),
    ]

    private static func wasi(
        _ name: String, _ parameters: [WasmValueType], _ callback: wasmtime_func_unchecked_callback_t
    ) -> HostFunction {
        HostFunction(module: WASI.module, name: name, type: WasmFunctionType(parameters, [.i32]), callback: callback)
    }
}

/// WASI's words that are needed here.
private enum WASI {
    static let module = "wasi_snapshot_preview1"
    static let success: Int32 = 0
    static let badDescriptor: Int32 = 8
    static let cannotSeek: Int32 = 70
    /// One `fd_write` takes at most so many pieces and bytes; WASI allows it to write less than it is given.
    static let vectorLimit = 1024
    static let writeLimit = 64 << 10
    static let invalid: Int32 = 28
}

extension HostCall {
    /// Descriptors 0 to 2 exist.
    fileprivate var isStandardDescriptor: Bool { (0...2).contains(int32(0)) }

    /// Writes a little-endian number at the pointer in argument `index`.
    fileprivate func store(_ value: some FixedWidthInteger, at index: Int) throws(Misuse) -> Int32 {
        var little = value.littleEndian
        let target = try range(length(index), MemoryLayout.size(ofValue: little))
        withUnsafeBytes(of: &little) { target.copyMemory(from: $0) }
        return WASI.success
    }

    /// A count of 0 and a size of 0.
    fileprivate func storeNothing() throws(Misuse) -> Int32 {
        _ = try store(UInt32(0), at: 0)
        return try store(UInt32(0), at: 1)
    }

    /// A character device without flags and rights but to write.
    fileprivate func descriptorStatus() throws(Misuse) -> Int32 {
        guard isStandardDescriptor else { return WASI.badDescriptor }
        let target = try range(length(1), 24)
        target.initializeMemory(as: UInt8.self, repeating: 0)
        target[0] = 2
        target[8] = int32(0) == 0 ? 2 : 64
        return WASI.success
    }

    fileprivate func write() throws(Misuse) -> Int32 {
        let descriptor = Int(int32(0))
        guard descriptor == 1 || descriptor == 2 else { return WASI.badDescriptor }
        let count = length(2)
        guard count <= WASI.vectorLimit else { return WASI.invalid }
        let vectors = try range(length(1), count * 8)
        var written = 0
        for index in 0..<count {
            let start = UInt32(littleEndian: vectors.loadUnaligned(fromByteOffset: index * 8, as: UInt32.self))
            let length = UInt32(littleEndian: vectors.loadUnaligned(fromByteOffset: index * 8 + 4, as: UInt32.self))
            let bytes = try range(Int(start), Int(length)).prefix(WASI.writeLimit - written)
            if execution.isLogging {
                execution.logs.write(descriptor: descriptor, UnsafeRawBufferPointer(rebasing: bytes))
            }
            written += bytes.count
        }
        return try store(UInt32(written), at: 3)
    }
}
