import CWasmtime
import MeshCore

/// A guest's compiled code, ready to be instantiated any number of times on any thread.
///
/// Unchecked: the pre-instantiation is immutable and Wasmtime allows its use from any thread.
package final class WasmModule: @unchecked Sendable {
    /// The SHA-256 of the module's bytes, in hexadecimal.
    package let digest: String
    /// True where the code came from the cache.
    package let isFromCache: Bool
    let engine: WasmEngine
    let instancePre: OpaquePointer
    /// Whether the module exports `_initialize`.
    let hasInitializer: Bool
    let minimumMemoryBytes: Int

    /// Compiles `bytes`, or takes the code from the engine's cache. Blocks for as long as compiling takes (about 100 ms for 100 KB).
    package convenience init(_ bytes: [UInt8], engine: WasmEngine) throws(WasmError) {
        let binary: WasmBinary
        do throws(PackageError) {
            binary = try WasmBinary(bytes)
            // The host calls the exports without a check of their types, so they must be right here.
            try GuestInterface.check(binary)
            try GuestInterface.checkSizes(
                binary, memoryBytes: engine.configuration.memoryBytes, tableElements: engine.configuration.tableElements
            )
        } catch {
            throw WasmError(code: .refusedModule, message: error.description)
        }
        try self.init(bytes, binary, engine)
    }

    private init(_ bytes: [UInt8], _ binary: WasmBinary, _ engine: WasmEngine) throws(WasmError) {
        let digest = SHA256.hex(bytes)
        let cached = WasmModule.cached(digest, engine)
        let module: OpaquePointer
        if let cached { module = cached } else { module = try WasmModule.compile(bytes, digest, engine) }
        defer { wasmtime_module_delete(module) }
        var pre: OpaquePointer?
        if let error = wasmtime_linker_instantiate_pre(engine.linker, module, &pre) {
            throw WasmError(code: .refusedModule, message: WasmtimeFailure.text(taking: error))
        }
        guard let pre else { throw WasmError(code: .refusedModule, message: "The module can't be linked.") }
        self.digest = digest
        self.isFromCache = cached != nil
        self.engine = engine
        self.instancePre = pre
        // Checked against the engine's cap before.
        self.minimumMemoryBytes = binary.memories.reduce(0) { $0 + Int($1.minimum) * 65536 }
        self.hasInitializer = binary.export(named: GuestInterface.initialize) != nil
    }

    deinit { wasmtime_instance_pre_delete(instancePre) }

    private static func cached(_ digest: String, _ engine: WasmEngine) -> OpaquePointer? {
        guard let cache = engine.cache, let code = cache.load(digest: digest) else { return nil }
        var module: OpaquePointer?
        if let error = wasmtime_module_deserialize(engine.pointer, code, code.count, &module) {
            cache.discard(digest: digest, because: WasmtimeFailure.text(taking: error))
            return nil
        }
        return module
    }

    private static func compile(_ bytes: [UInt8], _ digest: String, _ engine: WasmEngine) throws(WasmError)
        -> OpaquePointer
    {
        var compiled: OpaquePointer?
        if let error = wasmtime_module_new(engine.pointer, bytes, bytes.count, &compiled) {
            throw WasmError(code: .refusedModule, message: WasmtimeFailure.text(taking: error))
        }
        guard let compiled else { throw WasmError(code: .refusedModule, message: "The module can't be compiled.") }
        if let cache = engine.cache {
            var code = wasm_byte_vec_t()
            if let error = wasmtime_module_serialize(compiled, &code) {
                wasmtime_error_delete(error)
            } else {
                cache.store(UnsafeBufferPointer(start: code.data, count: code.size), digest: digest)
                wasm_byte_vec_delete(&code)
            }
        }
        return compiled
    }
}
