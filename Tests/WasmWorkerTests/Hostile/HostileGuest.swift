import Wasm

/// A guest in WebAssembly's text format with one method for each thing that a guest shouldn't do.
///
/// Methods end in two digits; `mesh_handle` runs the case of that number. `good00` stores its arguments as the state.
struct HostileGuest {
    /// Texts for the cases, put behind one another into the guest's memory.
    struct Texts {
        private(set) var data = ""
        private var next = 4096

        /// The arguments `ptr` and `len` of a text.
        mutating func put(_ text: String) -> String {
            let bytes = Array(text.utf8)
            let escaped = bytes.map { "\\" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            data += "(data (i32.const \(next)) \"\(escaped)\")\n"
            defer { next += bytes.count }
            return "(i32.const \(next)) (i32.const \(bytes.count))"
        }
    }

    /// What the module has beside its methods.
    var functions = ""
    /// What `mesh_alloc` does; nil for a sound one.
    var allocate: String?
    var texts = Texts()
    /// The code of each case, by its number; it leaves the result of `mesh_handle`.
    var cases: [(number: Int, name: String, code: String)] = []

    func bytes() throws -> [UInt8] {
        let dispatch = cases.map { entry in
            """
            (if (i32.eq (local.get $number) (i32.const \(entry.number)))
              (then (return (call $\(entry.name) (local.get $data) (local.get $data_len)))))
            """
        }.joined(separator: "\n")
        let bodies = cases.map { entry in
            """
            (func $\(entry.name) (param $data i32) (param $data_len i32) (result i32)
              (local $i i32) (local $n i32) (local $at i32)
              \(entry.code))
            """
        }.joined(separator: "\n")
        let digit = { (place: Int) in
            "(i32.sub (i32.load8_u (i32.sub (i32.add (local.get $method) (local.get $method_len)) (i32.const \(place)))) (i32.const 48))"
        }
        return try WasmBinary.assemble(
            """
            (module
              (import "mesh" "reply" (func $reply (param i32 i32)))
              (import "mesh" "fail" (func $fail (param i32 i32)))
              (import "mesh" "log" (func $log (param i32 i32 i32)))
              (import "mesh" "random" (func $random (param i32 i32)))
              (import "mesh" "state_set" (func $state_set (param i32 i32) (result i32)))
              (import "mesh" "emit" (func $emit (param i32 i32 i32 i32) (result i32)))
              (import "mesh" "send" (func $send (param i32 i32 i32 i32 i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
              (memory (export "memory") 48)
              (table $table 1 funcref)
              (global $next (mut i32) (i32.const 65536))
              \(texts.data)
              (func (export "mesh_alloc") (param $length i32) (result i32)
                \(allocate ?? "global.get $next (global.set $next (i32.add (global.get $next) (local.get $length)))"))
              \(functions)
              \(bodies)
              (func (export "mesh_handle") (param $method i32) (param $method_len i32) (param $data i32) (param $data_len i32) (result i32)
                (local $number i32)
                (local.set $number (i32.add (i32.mul \(digit(2)) (i32.const 10)) \(digit(1))))
                \(dispatch)
                (drop (call $state_set (local.get $data) (local.get $data_len)))
                (i32.const 0)))
            """)
    }
}
