@testable package import Wasm

/// A guest that calls whatever host function its data say, with the arguments that stand there.
///
/// Its data are calls behind one another: a byte that chooses the function of `HostFunction.all` (its highest bit: how the arguments are
/// to be read) and four bytes for each parameter. Read as they are, pointers and lengths are any numbers; read softly, a pointer lies
/// within the data and a length is below 256, so that calls get further than the check of their arguments.
package enum HostCallGuest {
    package static let functions = HostFunction.all.map { Function($0) }

    package struct Function: Sendable, CustomStringConvertible {
        package let module: String
        package let name: String
        /// `p` a pointer, `l` a length, `i` any other number, `w` a wide one.
        package let kinds: [Character]
        let hasResult: Bool

        package var description: String { name }

        init(_ function: HostFunction) {
            module = function.module
            name = function.name
            hasResult = !function.type.results.isEmpty
            resultIsWide = function.type.results == [.i64]
            let known = Array(Self.known[function.name] ?? "")
            kinds = function.type.parameters.enumerated().map { index, type in
                type == .i64 ? "w" : index < known.count ? known[index] : "i"
            }
        }

        private let resultIsWide: Bool

        private static let known = [
            "reply": "pl", "fail": "pl", "log": "ipl", "random": "pl", "context": "ipl", "config": "plpl",
            "state_get": "pl",
            "state_set": "pl", "emit": "plpl", "send": "plplpl",
            "send_after": "plplplw", "last_error": "pl", "workflow_begin": "iplplplpl",
            "workflow_wait": "pl", "workflow_next": "ipl", "workflow_close": "pl", "workflow_result": "ipl",
            "workflow_patch": "pl", "workflow_continue": "pl", "workflow_reply": "iipl",
            "clock_time_get": "iwp", "random_get": "pl", "fd_write": "iplp", "args_get": "pp", "args_sizes_get": "pp",
            "environ_get": "pp", "environ_sizes_get": "pp", "fd_fdstat_get": "ip", "fd_seek": "iwip",
            "fd_prestat_get": "ip",
        ]

        fileprivate func declaration(_ number: Int) -> String {
            let parameters = kinds.map { $0 == "w" ? "i64" : "i32" }.joined(separator: " ")
            let result = hasResult ? "(result \(resultIsWide ? "i64" : "i32"))" : ""
            return "(import \"\(module)\" \"\(name)\" (func $f\(number) (param \(parameters)) \(result)))"
        }

        fileprivate func call(_ number: Int) -> String {
            let arguments = kinds.enumerated().map { index, kind in
                let value = "(i32.load offset=\(index * 4) (local.get $at))"
                switch kind {
                case "w": return "(i64.extend_i32_s \(value))"
                case "p": return "(call $pointer (local.get $soft) (local.get $data) (local.get $data_len) \(value))"
                case "l": return "(call $length (local.get $soft) \(value))"
                default: return "(call $number (local.get $soft) \(value))"
                }
            }.joined(separator: " ")
            let call = "(call $f\(number) \(arguments))"
            return """
                (if (i32.eq (local.get $op) (i32.const \(number))) (then
                  (if (i32.gt_u (i32.add (local.get $at) (i32.const \(kinds.count * 4))) (local.get $end)) (then (return (i32.const 0))))
                  \(hasResult ? "(drop \(call))" : call)
                  (local.set $at (i32.add (local.get $at) (i32.const \(kinds.count * 4))))
                  (br $next)))
                """
        }
    }

    package static func bytes() throws -> [UInt8] {
        let imports = functions.enumerated().map { $1.declaration($0) }.joined(separator: "\n")
        let calls = functions.enumerated().map { $1.call($0) }.joined(separator: "\n")
        return try WasmBinary.assemble(
            """
            (module
              \(imports)
              (memory (export "memory") 2)
              (func (export "mesh_alloc") (param i32) (result i32) (i32.const 1024))
              (func $pointer (param $soft i32) (param $data i32) (param $data_len i32) (param $value i32) (result i32)
                (if (result i32) (local.get $soft)
                  (then (i32.add (local.get $data) (i32.rem_u (local.get $value) (i32.add (local.get $data_len) (i32.const 1)))))
                  (else (local.get $value))))
              (func $length (param $soft i32) (param $value i32) (result i32)
                (if (result i32) (local.get $soft) (then (i32.and (local.get $value) (i32.const 255))) (else (local.get $value))))
              (func $number (param $soft i32) (param $value i32) (result i32)
                (if (result i32) (local.get $soft) (then (i32.and (local.get $value) (i32.const 3))) (else (local.get $value))))
              (func (export "mesh_handle") (param $method i32) (param $method_len i32) (param $data i32) (param $data_len i32) (result i32)
                (local $at i32) (local $end i32) (local $op i32) (local $soft i32)
                (local.set $at (local.get $data))
                (local.set $end (i32.add (local.get $data) (local.get $data_len)))
                (loop $next
                  (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (i32.const 0))))
                  (local.set $op (i32.load8_u (local.get $at)))
                  (local.set $soft (i32.shr_u (local.get $op) (i32.const 7)))
                  (local.set $op (i32.rem_u (i32.and (local.get $op) (i32.const 127)) (i32.const \(functions.count))))
                  (local.set $at (i32.add (local.get $at) (i32.const 1)))
                  \(calls))
                (i32.const 0)))
            """)
    }

    package static func module() throws -> WasmModule { try WasmModule(bytes(), engine: engine.get()) }

    private static let engine = Result { () throws(WasmError) in
        try WasmEngine(WasmEngine.Configuration(maximumInstances: 8))
    }

    /// The data of one call.
    package static func call(_ number: Int, soft: Bool = false, _ arguments: [Int32]) -> [UInt8] {
        [UInt8(number) | (soft ? 0x80 : 0)]
            + arguments.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * Int32($0))) } }
    }
}
