#if arch(wasm32)
    // The functions of docs/abi.md, as the module `mesh` offers them.

    @_extern(wasm, module: "mesh", name: "reply")
    @_extern(c)
    func mesh_reply(_ data: UnsafePointer<UInt8>?, _ length: Int32)

    @_extern(wasm, module: "mesh", name: "fail")
    @_extern(c)
    func mesh_fail(_ data: UnsafePointer<UInt8>?, _ length: Int32)

    @_extern(wasm, module: "mesh", name: "log")
    @_extern(c)
    func mesh_log(_ level: Int32, _ text: UnsafePointer<UInt8>?, _ length: Int32)

    @_extern(wasm, module: "mesh", name: "now")
    @_extern(c)
    func mesh_now() -> Int64

    @_extern(wasm, module: "mesh", name: "random")
    @_extern(c)
    func mesh_random(_ buffer: UnsafeMutableRawPointer?, _ length: Int32)

    @_extern(wasm, module: "mesh", name: "context")
    @_extern(c)
    func mesh_context(_ field: Int32, _ buffer: UnsafeMutablePointer<UInt8>?, _ capacity: Int32) -> Int32

    @_extern(wasm, module: "mesh", name: "config")
    @_extern(c)
    func mesh_config(
        _ name: UnsafePointer<UInt8>?, _ nameLength: Int32, _ buffer: UnsafeMutablePointer<UInt8>?, _ capacity: Int32
    ) -> Int32

    @_extern(wasm, module: "mesh", name: "state_get")
    @_extern(c)
    func mesh_state_get(_ buffer: UnsafeMutablePointer<UInt8>?, _ capacity: Int32) -> Int32

    @_extern(wasm, module: "mesh", name: "state_set")
    @_extern(c)
    func mesh_state_set(_ data: UnsafePointer<UInt8>?, _ length: Int32) -> Int32

    @_extern(wasm, module: "mesh", name: "state_delete")
    @_extern(c)
    func mesh_state_delete() -> Int32

    @_extern(wasm, module: "mesh", name: "emit")
    @_extern(c)
    func mesh_emit(
        _ event: UnsafePointer<UInt8>?, _ eventLength: Int32, _ data: UnsafePointer<UInt8>?, _ dataLength: Int32
    ) -> Int32

    @_extern(wasm, module: "mesh", name: "send")
    @_extern(c)
    func mesh_send(
        _ target: UnsafePointer<UInt8>?, _ targetLength: Int32, _ key: UnsafePointer<UInt8>?, _ keyLength: Int32,
        _ data: UnsafePointer<UInt8>?, _ dataLength: Int32
    ) -> Int32

    @_extern(wasm, module: "mesh", name: "send_after")
    @_extern(c)
    func mesh_send_after(
        _ target: UnsafePointer<UInt8>?, _ targetLength: Int32, _ key: UnsafePointer<UInt8>?, _ keyLength: Int32,
        _ data: UnsafePointer<UInt8>?, _ dataLength: Int32, _ delay: Int64
    ) -> Int32

    @_extern(wasm, module: "mesh", name: "workflow_begin")
    @_extern(c)
    func mesh_workflow_begin(
        _ kind: Int32, _ name: UnsafePointer<UInt8>?, _ nameLength: Int32, _ key: UnsafePointer<UInt8>?,
        _ keyLength: Int32, _ data: UnsafePointer<UInt8>?, _ dataLength: Int32, _ options: UnsafePointer<UInt8>?,
        _ optionsLength: Int32
    ) -> Int32

    @_extern(wasm, module: "mesh", name: "workflow_wait")
    @_extern(c)
    func mesh_workflow_wait(_ operations: UnsafePointer<Int32>?, _ count: Int32) -> Int32

    @_extern(wasm, module: "mesh", name: "workflow_group")
    @_extern(c)
    func mesh_workflow_group() -> Int32

    @_extern(wasm, module: "mesh", name: "workflow_add")
    @_extern(c)
    func mesh_workflow_add(_ group: Int32, _ operation: Int32) -> Int32

    @_extern(wasm, module: "mesh", name: "workflow_next")
    @_extern(c)
    func mesh_workflow_next(_ group: Int32, _ operations: UnsafePointer<Int32>?, _ count: Int32) -> Int32

    @_extern(wasm, module: "mesh", name: "workflow_close")
    @_extern(c)
    func mesh_workflow_close(_ name: UnsafePointer<UInt8>?, _ nameLength: Int32) -> Int32

    @_extern(wasm, module: "mesh", name: "workflow_reply")
    @_extern(c)
    func mesh_workflow_reply(
        _ operation: Int32, _ isError: Int32, _ data: UnsafePointer<UInt8>?, _ length: Int32
    ) -> Int32

    @_extern(wasm, module: "mesh", name: "workflow_status")
    @_extern(c)
    func mesh_workflow_status(_ operation: Int32) -> Int32

    @_extern(wasm, module: "mesh", name: "workflow_result")
    @_extern(c)
    func mesh_workflow_result(
        _ operation: Int32, _ buffer: UnsafeMutablePointer<UInt8>?, _ capacity: Int32
    ) -> Int32

    @_extern(wasm, module: "mesh", name: "workflow_cancel")
    @_extern(c)
    func mesh_workflow_cancel(_ operation: Int32) -> Int32

    @_extern(wasm, module: "mesh", name: "workflow_patch")
    @_extern(c)
    func mesh_workflow_patch(_ name: UnsafePointer<UInt8>?, _ nameLength: Int32) -> Int32

    @_extern(wasm, module: "mesh", name: "workflow_continue")
    @_extern(c)
    func mesh_workflow_continue(_ data: UnsafePointer<UInt8>?, _ length: Int32) -> Int32

    @_extern(wasm, module: "mesh", name: "last_error")
    @_extern(c)
    func mesh_last_error(_ buffer: UnsafeMutablePointer<UInt8>?, _ capacity: Int32) -> Int32
#endif
