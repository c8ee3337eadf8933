import CWasmtime

/// The arguments of a call into a guest and, after it, the result, without an allocation.
struct InlineArguments {
    static let count = 4
    private var slots: (wasmtime_val_raw_t, wasmtime_val_raw_t, wasmtime_val_raw_t, wasmtime_val_raw_t)

    init(_ first: UInt32 = 0, _ second: UInt32 = 0, _ third: UInt32 = 0, _ fourth: UInt32 = 0) {
        slots = (
            wasmtime_val_raw_t(i64: Int64(first)), wasmtime_val_raw_t(i64: Int64(second)),
            wasmtime_val_raw_t(i64: Int64(third)), wasmtime_val_raw_t(i64: Int64(fourth))
        )
    }

    var result: UInt32 { UInt32(bitPattern: slots.0.i32) }

    mutating func withSlots<Result>(_ body: (UnsafeMutablePointer<wasmtime_val_raw_t>) -> Result) -> Result {
        withUnsafeMutablePointer(to: &slots) {
            body(UnsafeMutableRawPointer($0).assumingMemoryBound(to: wasmtime_val_raw_t.self))
        }
    }
}
