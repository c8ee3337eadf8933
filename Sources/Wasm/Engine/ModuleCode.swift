import CWasmtime

/// A module's compiled code in one lane, ready to be instantiated.
///
/// Unchecked: modules and pre-instantiations are immutable, and Wasmtime allows their use from any thread.
final class ModuleCode: @unchecked Sendable {
    /// What each execution wants to know of its module; here, so that none counts references that all processors share.
    struct Facts {
        /// Whether the module exports `_initialize`.
        var hasInitializer: Bool
        var tableElements: Int
    }

    let lane: EngineLane
    let instancePre: OpaquePointer
    let facts: Facts
    private let module: OpaquePointer

    /// Takes `module`, one of the lane's, over. Throws where it can't be linked.
    init(taking module: OpaquePointer, _ lane: EngineLane, _ facts: Facts) throws(WasmError) {
        let pre: OpaquePointer
        do throws(WasmError) {
            pre = try lane.link(module)
        } catch {
            wasmtime_module_delete(module)
            throw error
        }
        self.lane = lane
        self.instancePre = pre
        self.facts = facts
        self.module = module
    }

    deinit {
        wasmtime_instance_pre_delete(instancePre)
        wasmtime_module_delete(module)
    }

    /// The same code in another lane.
    func copy(in lane: EngineLane) throws(WasmError) -> ModuleCode {
        var code = wasm_byte_vec_t()
        if let error = wasmtime_module_serialize(module, &code) {
            throw WasmError(code: .unavailable, message: WasmtimeFailure.text(taking: error))
        }
        defer { wasm_byte_vec_delete(&code) }
        let copy = try lane.load(UnsafeBufferPointer(start: code.data, count: code.size))
        return try ModuleCode(taking: copy, lane, facts)
    }
}
