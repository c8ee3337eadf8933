import CWasmtime

/// A module's compiled code in one lane, ready to be instantiated.
///
/// Unchecked: modules and pre-instantiations are immutable, and Wasmtime allows their use from any thread.
final class ModuleCode: @unchecked Sendable {
    let lane: EngineLane
    let instancePre: OpaquePointer
    /// Whether the module exports `_initialize`.
    let hasInitializer: Bool
    private let module: OpaquePointer

    /// Takes `module`, one of the lane's, over. Throws where it can't be linked.
    init(taking module: OpaquePointer, _ lane: EngineLane, hasInitializer: Bool) throws(WasmError) {
        let pre: OpaquePointer
        do throws(WasmError) {
            pre = try lane.link(module)
        } catch {
            wasmtime_module_delete(module)
            throw error
        }
        self.lane = lane
        self.instancePre = pre
        self.hasInitializer = hasInitializer
        self.module = module
    }

    deinit {
        wasmtime_instance_pre_delete(instancePre)
        wasmtime_module_delete(module)
    }

    /// The same code in another lane.
    func copy(in lane: EngineLane) throws(WasmError) -> ModuleCode {
        let copy = try EngineLane.withSerialized(module) { code throws(WasmError) in try lane.load(code) }
        return try ModuleCode(taking: copy, lane, hasInitializer: hasInitializer)
    }
}
