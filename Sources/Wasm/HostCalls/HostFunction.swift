import CWasmtime

/// One function that guests may import.
struct HostFunction: Sendable {
    let module: String
    let name: String
    let type: WasmFunctionType
    let callback: wasmtime_func_unchecked_callback_t

    /// Everything that the mesh offers.
    static let all: [HostFunction] = mesh + workflow + wasi

    private static let byName: [String: [String: HostFunction]] = Dictionary(grouping: all, by: \.module)
        .mapValues { Dictionary($0.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first }) }

    static func named(module: String, name: String) -> HostFunction? { byName[module]?[name] }

    func define(in linker: OpaquePointer) throws(WasmError) {
        let type = HostFunction.makeType(self.type)
        defer { wasm_functype_delete(type) }
        let error = wasmtime_linker_define_func_unchecked(
            linker, module, module.utf8.count, name, name.utf8.count, type, callback, nil, nil)
        if let error {
            throw WasmError(
                code: .wrongLibrary,
                message: "Wasmtime refuses the host function \(name): \(WasmtimeFailure.text(taking: error))")
        }
    }

    private static func makeType(_ type: WasmFunctionType) -> OpaquePointer? {
        var parameters = makeList(type.parameters)
        var results = makeList(type.results)
        return wasm_functype_new(&parameters, &results)
    }

    private static func makeList(_ types: [WasmValueType]) -> wasm_valtype_vec_t {
        let kinds = types.map { wasm_valtype_new(UInt8($0 == .i64 ? WASM_I64 : WASM_I32)) }
        var list = wasm_valtype_vec_t()
        wasm_valtype_vec_new(&list, kinds.count, kinds)
        return list
    }
}
