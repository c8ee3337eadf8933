import MeshCore
import Testing

@testable import Wasm

/// The engine that all tests share.
let sharedEngine = Result { () throws(WasmError) in try WasmEngine() }

/// Guests written in WebAssembly's text format: all imports of `mesh`, a bump allocator, and the test's own code.
enum TextGuest {
    /// The bytes of a guest whose `mesh_handle` is `body`, with `$method`, `$method_len`, `$data` and `$data_len`.
    static func bytes(
        handle body: String, functions: String = "", data: String = "", memory: String = "2",
        allocate: String? = nil
    ) throws -> [UInt8] {
        let allocate =
            allocate ?? "global.get $next (global.set $next (i32.add (global.get $next) (local.get $length)))"
        return try WasmBinary.assemble(
            """
            (module
              (import "mesh" "reply" (func $reply (param i32 i32)))
              (import "mesh" "fail" (func $fail (param i32 i32)))
              (import "mesh" "log" (func $log (param i32 i32 i32)))
              (import "mesh" "now" (func $now (result i64)))
              (import "mesh" "random" (func $random (param i32 i32)))
              (import "mesh" "context" (func $context (param i32 i32 i32) (result i32)))
              (import "mesh" "config" (func $config (param i32 i32 i32 i32) (result i32)))
              (import "mesh" "state_get" (func $state_get (param i32 i32) (result i32)))
              (import "mesh" "state_set" (func $state_set (param i32 i32) (result i32)))
              (import "mesh" "state_delete" (func $state_delete (result i32)))
              (import "mesh" "emit" (func $emit (param i32 i32 i32 i32) (result i32)))
              (import "mesh" "send" (func $send (param i32 i32 i32 i32 i32 i32) (result i32)))
              (import "mesh" "send_after" (func $send_after (param i32 i32 i32 i32 i32 i32 i64) (result i32)))
              (import "mesh" "last_error" (func $last_error (param i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
              (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fd_fdstat_get (param i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "fd_seek" (func $fd_seek (param i32 i64 i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
              (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
              (memory (export "memory") \(memory))
              (global $next (mut i32) (i32.const 65536))
              (data (i32.const 8) "\(data)")
              (func (export "mesh_alloc") (param $length i32) (result i32)
                \(allocate))
              \(functions)
              (func (export "mesh_handle") (param $method i32) (param $method_len i32) (param $data i32) (param $data_len i32) (result i32)
                (local $i i32) (local $n i32)
                \(body)))
            """)
    }

    /// The same, compiled.
    static func module(
        handle body: String, functions: String = "", data: String = "", memory: String = "2", allocate: String? = nil,
        engine: WasmEngine? = nil
    ) throws -> WasmModule {
        try WasmModule(
            bytes(handle: body, functions: functions, data: data, memory: memory, allocate: allocate),
            engine: engine ?? sharedEngine.get())
    }

    /// Compiles and runs such a guest once.
    static func run(
        handle body: String, functions: String = "", data: String = "", memory: String = "2", allocate: String? = nil,
        request: GuestRequest = .test(), host: any GuestHost = PermissiveHost()
    ) throws -> GuestRun {
        let module = try module(handle: body, functions: functions, data: data, memory: memory, allocate: allocate)
        return Sandbox.run(module, request, host: host)
    }
}
