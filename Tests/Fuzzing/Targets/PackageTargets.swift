internal import MeshCore
@testable internal import MeshRouter
internal import Wasm

extension FuzzTarget {
    /// A file that is deployed: refused with what is wrong, or reviewed.
    static let package = FuzzTarget(
        "package", ".wasm files, their sections, and the schema inside",
        bytes: (try? packages()) ?? []
    ) { input in
        let inspected: WasmPackage
        do throws(PackageError) { inspected = try WasmPackage.inspect(input) } catch {
            return try require(error.description.utf8.count < 4096, "an error of \(error.description.utf8.count) bytes")
        }
        // What is added to a sound file leaves a sound file.
        let more = try WasmBinary.adding([("other", [1, 2, 3])], to: input)
        let again = try WasmPackage.inspect(more)
        try require(
            again.schemaText == inspected.schemaText && again.imports == inspected.imports,
            "another section changes the package")
        do throws(MeshError) {
            _ = try DeploymentReview.of(input, against: [])
        } catch {
            try require(error.message.utf8.count < 100_000, "an error of \(error.message.utf8.count) bytes")
        }
    }

    private static func packages() throws -> [[UInt8]] {
        let schema = "@mesh(namespace: \"t\", version: \"1.0.0\")\nservice S { go: Void }"
        let modules = [
            "(module (memory (export \"memory\") 1) (func (export \"mesh_alloc\") (param i32) (result i32) i32.const 8) (func (export \"mesh_handle\") (param i32 i32 i32 i32) (result i32) i32.const 0))",
            "(module (import \"mesh\" \"log\" (func (param i32 i32 i32))) (memory (export \"memory\") 1 2) (table 3 funcref) (global i32 (i32.const 1)) (func $a (export \"mesh_alloc\") (param i32) (result i32) i32.const 8) (func (export \"mesh_handle\") (param i32 i32 i32 i32) (result i32) i32.const 0) (func (export \"_initialize\")) (elem (i32.const 0) $a) (data (i32.const 0) \"x\"))",
        ]
        return try modules.map { try WasmPackage.make(WasmBinary.assemble($0), schemaText: schema, sdk: "f/1") }
            + modules.map { try WasmBinary.assemble($0) }
    }
}
