import Wasm

/// Packages for deploys: a module that answers nothing, with a schema.
enum TextPackage {
    static func make(_ schema: String, exports: String? = nil, imports: String = "") throws -> [UInt8] {
        let functions =
            exports ?? """
                (func (export "mesh_alloc") (param i32) (result i32) i32.const 1024)
                (func (export "mesh_handle") (param i32 i32 i32 i32) (result i32) i32.const 0)
                """
        let module = try WasmBinary.assemble("(module \(imports) (memory (export \"memory\") 1) \(functions))")
        return try WasmPackage.make(module, schemaText: schema, sdk: "test/1")
    }
}
