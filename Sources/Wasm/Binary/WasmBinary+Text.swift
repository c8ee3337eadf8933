import CWasmtime

extension WasmBinary {
    /// Translates WebAssembly's text format, for tests and small guests written by hand.
    package static func assemble(_ text: String) throws(WasmError) -> [UInt8] {
        var bytes = wasm_byte_vec_t()
        if let error = wasmtime_wat2wasm(text, text.utf8.count, &bytes) {
            throw WasmError(code: .refusedModule, message: WasmtimeFailure.text(taking: error))
        }
        defer { wasm_byte_vec_delete(&bytes) }
        return Array(UnsafeBufferPointer(start: bytes.data, count: bytes.size))
    }
}
