import CWasmtime

/// Turning Wasmtime's errors and traps into text; each function takes the object over and frees it.
enum WasmtimeFailure {
    /// Longer messages and backtraces are cut here.
    static let textLimit = 4096

    static func text(taking error: OpaquePointer) -> String {
        var bytes = wasm_byte_vec_t()
        wasmtime_error_message(error, &bytes)
        wasmtime_error_delete(error)
        return text(taking: &bytes)
    }

    /// The message (with the guest's backtrace) and the trap's code, nil where it has none.
    static func read(taking trap: OpaquePointer) -> (text: String, code: UInt8?) {
        var code: UInt8 = 0
        let hasCode = wasmtime_trap_code(trap, &code)
        var bytes = wasm_byte_vec_t()
        wasm_trap_message(trap, &bytes)
        wasm_trap_delete(trap)
        return (text(taking: &bytes), hasCode ? code : nil)
    }

    private static func text(taking bytes: inout wasm_byte_vec_t) -> String {
        defer { wasm_byte_vec_delete(&bytes) }
        var text = UnsafeBufferPointer(start: bytes.data, count: bytes.size).prefix(textLimit)
        while text.last == 0 { text = text.dropLast() }
        return String(decoding: text, as: UTF8.self)
    }
}
