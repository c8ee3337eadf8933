import MeshCore
import Testing

@testable import Wasm

/// The engine that all tests share.
let sharedEngine = Result { () throws(WasmError) in try WasmEngine() }

/// Guests written in WebAssembly's text format: the imports of `mesh`, a bump allocator, and the test's own functions.
enum TextGuest {
    /// The bytes of a guest whose `mesh_handle` is `body`.
    static func bytes(
        handle body: String, imports: String = "", functions: String = "",
        memory: String = "(memory (export \"memory\") 2)"
    ) throws -> [UInt8] {
        try WasmBinary.assemble(
            """
            (module
              (import "mesh" "reply" (func $reply (param i32 i32)))
              \(imports)
              \(memory)
              (global $next (mut i32) (i32.const 65536))
              (func (export "mesh_alloc") (param $length i32) (result i32)
                global.get $next
                (global.set $next (i32.add (global.get $next) (local.get $length))))
              \(functions)
              (func (export "mesh_handle") (param $method i32) (param $method_len i32) (param $data i32) (param $data_len i32) (result i32)
                \(body)))
            """)
    }

    static func module(
        handle body: String, imports: String = "", functions: String = "",
        memory: String = "(memory (export \"memory\") 2)"
    ) throws -> WasmModule {
        try WasmModule(
            bytes(handle: body, imports: imports, functions: functions, memory: memory), engine: sharedEngine.get())
    }
}

/// A host that allows everything and remembers nothing.
struct PermissiveHost: GuestHost {
    var values: [String: String] = [:]

    func configuration(_ name: String) -> String? { values[name] }
    func checkState(_ state: [UInt8]) -> StateDecision { .accepted }
    func checkEmit(event: String, data: [UInt8]) -> MessageDecision { .accepted(key: nil, tag: 0) }
    func checkSend(target: String, key: String?, data: [UInt8]) -> MessageDecision { .accepted(key: key, tag: 1) }
}

extension GuestRequest {
    /// A call with everything a test doesn't care about filled in.
    static func test(
        _ method: String = "Orders/place", data: String = "{}", id: String = "id-1", state: String? = nil,
        limits: SandboxLimits = SandboxLimits()
    ) -> GuestRequest {
        GuestRequest(
            method: method, data: Array(data.utf8),
            facts: MessageFacts(id: id, key: "k1", type: "shop.Orders/place", source: "/http", service: "shop.Orders"),
            now: Timestamp(microseconds: 1_700_000_000_000_000), randomSecret: [1, 2, 3],
            state: state.map { Array($0.utf8) }, limits: limits)
    }
}

extension GuestOutcome {
    var effects: GuestEffects? {
        if case .completed(let effects) = self { effects } else { nil }
    }

    var trap: GuestTrap? {
        if case .trapped(let trap) = self { trap } else { nil }
    }
}
