import CWasmtime
import Glibc

/// A Wasmtime engine: its pool of instances, its deadlines, and what guests may import.
///
/// Unchecked: Wasmtime's engine and linker are thread-safe, and the linker isn't changed after `init`.
final class EngineLane: @unchecked Sendable {
    let pointer: OpaquePointer
    let ticker: EpochTicker
    let configuration: WasmEngine.Configuration
    private let linker: OpaquePointer

    /// Throws where the system has no addresses or no thread for it.
    init(_ configuration: WasmEngine.Configuration) throws(WasmError) {
        try EngineLane.checkRoom(configuration.maximumInstances)
        let engine: OpaquePointer = wasm_engine_new_with_config(configuration.makeWasmtime())
        let linker: OpaquePointer = wasmtime_linker_new(engine)
        let ticker = EpochTicker(engine: engine, tick: configuration.tick)
        do throws(WasmError) {
            try WasmtimeVersion.check(engine)
            for function in HostFunction.all { try function.define(in: linker) }
            guard ticker.start() else {
                throw WasmError(code: .unavailable, message: "The system gives no thread for the deadline clock.")
            }
        } catch {
            wasmtime_linker_delete(linker)
            wasm_engine_delete(engine)
            throw error
        }
        self.pointer = engine
        self.linker = linker
        self.ticker = ticker
        self.configuration = configuration
    }

    deinit {
        ticker.stop()
        wasmtime_linker_delete(linker)
        wasm_engine_delete(pointer)
    }

    /// Wasmtime ends the process where it can't reserve the addresses of its pool.
    private static func checkRoom(_ instances: Int) throws(WasmError) {
        let bytes = instances * ((4 << 30) + (64 << 20))
        let room = mmap(nil, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard room != MAP_FAILED else {
            throw WasmError(
                code: .unavailable,
                message: """
                    The system doesn't reserve \(bytes >> 30) GiB of addresses (not of memory) for \(instances) sandboxes: \
                    \(String(cString: strerror(errno))). Raise the limit of the address space (ulimit -v), or run fewer threads.
                    """)
        }
        munmap(room, bytes)
    }

    func compile(_ bytes: [UInt8]) throws(WasmError) -> OpaquePointer {
        var module: OpaquePointer?
        let error = wasmtime_module_new(pointer, bytes, bytes.count, &module)
        return try EngineLane.made(module, error, "compiled")
    }

    /// Calls `body` with the compiled code of a module, as the cache and `load` take it.
    static func withSerialized<Result>(
        _ module: OpaquePointer, _ body: (UnsafeBufferPointer<UInt8>) throws(WasmError) -> Result
    ) throws(WasmError) -> Result {
        var code = wasm_byte_vec_t()
        if let error = wasmtime_module_serialize(module, &code) {
            throw WasmError(code: .unavailable, message: WasmtimeFailure.text(taking: error))
        }
        defer { wasm_byte_vec_delete(&code) }
        return try body(UnsafeBufferPointer(start: code.data, count: code.size))
    }

    /// Makes a module of serialized code.
    func load(_ code: UnsafeBufferPointer<UInt8>) throws(WasmError) -> OpaquePointer {
        var module: OpaquePointer?
        let error = wasmtime_module_deserialize(pointer, code.baseAddress, code.count, &module)
        return try EngineLane.made(module, error, "loaded")
    }

    /// Makes what instances of `module`, one of this engine, are made of.
    func link(_ module: OpaquePointer) throws(WasmError) -> OpaquePointer {
        var pre: OpaquePointer?
        let error = wasmtime_linker_instantiate_pre(linker, module, &pre)
        return try EngineLane.made(pre, error, "linked")
    }

    private static func made(_ pointer: OpaquePointer?, _ error: OpaquePointer?, _ what: String) throws(WasmError)
        -> OpaquePointer
    {
        if let error { throw WasmError(code: .refusedModule, message: WasmtimeFailure.text(taking: error)) }
        guard let pointer else { throw WasmError(code: .refusedModule, message: "The module can't be \(what).") }
        return pointer
    }
}
