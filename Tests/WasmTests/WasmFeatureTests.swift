import Testing

@testable import Wasm

/// docs/abi.md states which parts of WebAssembly a guest may use.
@Suite struct `Features of WebAssembly` {
    @Test(arguments: [
        ("bulk memory", "(memory.copy (i32.const 0) (i32.const 8) (i32.const 8))", ""),
        ("multiple values", "(call $two) drop drop", "(func $two (result i32 i32) (i32.const 1) (i32.const 2))"),
        ("reference types", "(drop (table.get $t (i32.const 0)))", "(table $t 1 funcref)"),
        ("SIMD", "(drop (i32x4.splat (i32.const 1)))", ""),
        ("sign extension", "(drop (i32.extend8_s (i32.const 1)))", ""),
        ("saturating conversion", "(drop (i32.trunc_sat_f32_s (f32.const nan)))", ""),
        (
            "tail calls", "(drop (call $tail))",
            "(func $one (result i32) (i32.const 1)) (func $tail (result i32) (return_call $one))"
        ),
        ("mutable globals", "(global.set $g (i32.const 1))", "(global $g (export \"g\") (mut i32) (i32.const 0))"),
    ])
    func `on`(feature: String, code: String, functions: String) throws {
        let outcome = try TextGuest.run(handle: "\(code) (i32.const 0)", functions: functions).outcome
        #expect(outcome.effects != nil, "\(feature): \(outcome)")
    }

    @Test(arguments: [
        ("threads", "(drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))", ""),
        ("a second memory", "", "(memory 1)"),
        ("a second table", "", "(table 1 funcref) (table 1 funcref)"),
        ("relaxed SIMD", "(drop (i8x16.relaxed_swizzle (v128.const i64x2 0 0) (v128.const i64x2 0 0)))", ""),
        ("exceptions", "(throw $e)", "(tag $e)"),
        ("garbage collection", "(drop (struct.new $s))", "(type $s (struct))"),
        ("typed references", "", "(type $f (func)) (table 1 (ref null $f))"),
        ("external references", "", "(table 1 externref)"),
    ])
    func `off`(feature: String, code: String, functions: String) throws {
        let bytes = try TextGuest.bytes(handle: "\(code) (i32.const 0)", functions: functions)
        let error = #expect(throws: WasmError.self, "\(feature)") { try WasmModule(bytes, engine: sharedEngine.get()) }
        #expect(error?.code == .refusedModule)
    }

    @Test func `a NaN has one form, whatever made it`() throws {
        let outcome = try TextGuest.run(
            handle: """
                (f64.store (i32.const 100) (f64.add (f64.reinterpret_i64 (i64.const 0x7ff8dead00000001)) (f64.const 1)))
                (call $reply (i32.const 100) (i32.const 8)) (i32.const 0)
                """
        ).outcome
        #expect(outcome.effects?.reply == [0, 0, 0, 0, 0, 0, 0xF8, 0x7F])
    }
}
