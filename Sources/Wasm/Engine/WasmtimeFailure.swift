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
        var text = UnsafeBufferPointer(start: bytes.data, count: bytes.size)[...]
        while text.last == 0 { text = text.dropLast() }
        return causeFirst(String(decoding: text, as: UTF8.self)).prefix(utf8: textLimit)
    }

    /// Wasmtime says where before it says what; whoever reads the first line wants to know what.
    static func causeFirst(_ text: String) -> String {
        guard let middle = text.firstRange(of: "\n\nCaused by:\n") else { return text }
        let cause = text[middle.upperBound...].split(separator: "\n").map { $0.trimmingPrefix(while: \.isWhitespace) }
        return cause.joined(separator: "; ") + "\n" + text[..<middle.lowerBound]
    }
}

extension String {
    /// At most so many bytes of it; a character that is cut in two becomes U+FFFD.
    fileprivate func prefix(utf8 limit: Int) -> String {
        utf8.count <= limit ? self : String(decoding: utf8.prefix(limit), as: UTF8.self)
    }
}
