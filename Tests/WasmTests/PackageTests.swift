import MeshCore
import Testing

@testable import Wasm

@Suite struct Packages {
    /// A complete package.
    static func good() throws -> [UInt8] {
        try WasmPackage.make(TextGuest.bytes(handle: "(i32.const 0)"), schemaText: "type A { b: ID! }", sdk: "test/1")
    }

    @Test func `a package tells its digest, schema, SDK, imports and size`() throws {
        let bytes = try Self.good()
        let package = try WasmPackage.inspect(bytes)
        #expect(package.digest == SHA256.hex(bytes))
        #expect(package.schemaText == "type A { b: ID! }")
        #expect(package.abi == 1)
        #expect(package.sdk == "test/1")
        #expect(package.imports.count == 23)
        #expect(package.imports.contains("mesh.emit") && package.imports == package.imports.sorted())
        #expect(package.size == bytes.count)
    }

    @Test func `sections added again replace the old ones, and the module still runs`() throws {
        let once = try Self.good()
        let twice = try WasmPackage.make(once, schemaText: "other", sdk: "test/2")
        #expect(try WasmPackage.inspect(twice).schemaText == "other")
        #expect(try WasmBinary(twice).customSections.filter { $0.name.hasPrefix("wasmesh.") }.count == 2)
        #expect(try WasmPackage.make(twice, schemaText: "type A { b: ID! }", sdk: "test/1") == once)
        let module = try WasmModule(twice, engine: sharedEngine.get())
        #expect(Sandbox.run(module, .test(), host: PermissiveHost()).outcome.effects != nil)
    }

    // MARK: What isn't a package

    /// A module of these parts, as a package.
    static func package(_ parts: String, section: String = "{\"abi\":1}") throws -> [UInt8] {
        try WasmBinary.adding(
            [("wasmesh.schema", []), ("wasmesh.package", Array(section.utf8))],
            to: WasmBinary.assemble("(module \(parts))"))
    }

    static let memory = "(memory (export \"memory\") 1)"
    static let allocate = "(func (export \"mesh_alloc\") (param i32) (result i32) (i32.const 0))"
    static let handle = "(func (export \"mesh_handle\") (param i32 i32 i32 i32) (result i32) (i32.const 0))"

    @Test(
        arguments: [
            (memory + allocate, .exportMissing("mesh_handle", expected: "a function (i32, i32, i32, i32) -> i32")),
            (memory + handle, .exportMissing("mesh_alloc", expected: "a function (i32) -> i32")),
            (allocate + handle, .exportMissing("memory", expected: "a memory")),
            (
                "(import \"env\" \"memory\" (memory 1)) (export \"memory\" (memory 0))" + allocate + handle,
                .importNotOffered(module: "env", name: "memory")
            ),
            (
                "(import \"mesh\" \"exec\" (func))" + memory + allocate + handle,
                .importNotOffered(module: "mesh", name: "exec")
            ),
            (
                "(import \"wasi_snapshot_preview1\" \"path_open\" (func))" + memory + allocate + handle,
                .importNotOffered(module: "wasi_snapshot_preview1", name: "path_open")
            ),
            (
                "(import \"mesh\" \"reply\" (func (param i32)))" + memory + allocate + handle,
                .importWrongType(
                    module: "mesh", name: "reply", expected: "a function (i32, i32) -> ()",
                    found: "a function (i32) -> ()")
            ),
            (
                "(import \"mesh\" \"reply\" (global i32))" + memory + allocate + handle,
                .importWrongType(
                    module: "mesh", name: "reply", expected: "a function (i32, i32) -> ()", found: "a global")
            ),
            (
                memory + handle + "(func (export \"mesh_alloc\") (param i64) (result i32) (i32.const 0))",
                .exportWrongType("mesh_alloc", expected: "a function (i32) -> i32", found: "a function (i64) -> i32")
            ),
            (
                memory + handle + "(global (export \"mesh_alloc\") i32 (i32.const 0))",
                .exportWrongType("mesh_alloc", expected: "a function (i32) -> i32", found: "a global")
            ),
            (
                memory + allocate + handle + "(func (export \"_initialize\") (param i32))",
                .exportWrongType("_initialize", expected: "a function () -> ()", found: "a function (i32) -> ()")
            ),
            (
                "(memory (export \"memory\") i64 1)" + allocate + handle,
                .exportWrongType("memory", expected: "a memory", found: "a 64-bit memory")
            ),
            (
                "(memory (export \"memory\") 1 2 shared)" + allocate + handle,
                .exportWrongType("memory", expected: "a memory", found: "a shared memory")
            ),
            (
                "(memory (export \"memory\") 1025)" + allocate + handle,
                .memoryTooLarge(bytes: 1025 * 65536, limit: 64 << 20)
            ),
            (memory + allocate + handle + "(table 20001 funcref)", .tableTooLarge(elements: 20001, limit: 20000)),
            (memory + allocate + handle + "(table 1 funcref) (table 1 funcref)", .unsupported("more than one table")),
        ] as [(String, PackageError)])
    func `a module that isn't a guest is refused by what it lacks`(parts: String, error: PackageError) throws {
        let bytes = try Self.package(parts)
        #expect(throws: error) { try WasmPackage.inspect(bytes) }
        // What inspection refuses is never compiled either.
        #expect(throws: WasmError(code: .refusedModule, message: error.description)) {
            try WasmModule(bytes, engine: sharedEngine.get())
        }
    }

    @Test(
        arguments: [
            ("{\"abi\":2}", .otherABI(found: "2")), ("{\"abi\":\"1\"}", .otherABI(found: "\"1\"")),
            ("{\"abi\":1.0}", .otherABI(found: "1.0")),
            ("{}", .badSection("wasmesh.package", reason: "it doesn't say `abi`")),
            ("abi 1", .badSection("wasmesh.package", reason: "it isn't a JSON object")),
        ] as [(String, PackageError)])
    func `another ABI version and a damaged section are refused`(section: String, error: PackageError) throws {
        let bytes = try Self.package(Self.memory + Self.allocate + Self.handle, section: section)
        #expect(throws: error) { try WasmPackage.inspect(bytes) }
    }

    @Test func `another ABI version is named before what it changed`() throws {
        let bytes = try Self.package("(import \"mesh\" \"new_in_2\" (func))", section: "{\"abi\":2}")
        #expect(throws: PackageError.otherABI(found: "2")) { try WasmPackage.inspect(bytes) }
    }

    @Test func `a module without the mesh's sections is told which`() throws {
        let plain = try WasmBinary.assemble("(module \(Self.memory) \(Self.allocate) \(Self.handle))")
        #expect(throws: PackageError.sectionMissing("wasmesh.package")) { try WasmPackage.inspect(plain) }
        let half = try WasmBinary.adding([("wasmesh.package", Array("{\"abi\":1}".utf8))], to: plain)
        #expect(throws: PackageError.sectionMissing("wasmesh.schema")) { try WasmPackage.inspect(half) }
    }

    @Test(arguments: ["wasmesh.schema", "wasmesh.package"])
    func `a section that stands there twice is refused: who looks and who runs could take different ones`(name: String)
        throws
    {
        let content = [UInt8(name.utf8.count)] + Array(name.utf8) + Array("{\"abi\":1}".utf8)
        let forged = try Self.good() + [0, UInt8(content.count)] + content
        #expect(throws: PackageError.badSection(name, reason: "it stands there more than once")) {
            try WasmPackage.inspect(forged)
        }
    }

    @Test(
        arguments: [
            ([], .notWasm), (Array("<!doctype html>".utf8), .notWasm), ([0, 0x61, 0x73], .notWasm),
            ([0, 0x61, 0x73, 0x6d], .cutOff(part: "the header", offset: 0)),
            ([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0], .component),
            ([0, 0x61, 0x73, 0x6d, 2, 0, 0, 0], .otherWasmVersion(2)),
            ([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1], .cutOff(part: "section 1", offset: 0)),
            ([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 9, 0], .cutOff(part: "the type section", offset: 8)),
            // A size of six bytes; a size of more than 32 bits.
            (
                [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 0x80, 0x80, 0x80, 0x80, 0x80, 0],
                .malformed("a number of more than 32 bits in section 1", offset: 9)
            ),
            (
                [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
                .malformed("a number of more than 32 bits in section 1", offset: 9)
            ),
            // A count that can't be: four thousand million types.
            (
                [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
                .cutOff(part: "the type section", offset: 10)
            ),
            (
                [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 3, 1, 0, 1, 1, 0],
                .malformed("the type section out of order", offset: 11)
            ),
            ([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 99, 0], .malformed("an unknown section 99", offset: 8)),
            ([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 3, 2, 1, 5], .malformed("a type 5 that isn't there", offset: 11)),
            (
                [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 2, 0, 0],
                .malformed("bytes left over in the type section", offset: 11)
            ),
            (
                [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0, 2, 1, 0xFF],
                .malformed("a name in a custom section that isn't UTF-8", offset: 10)
            ),
            (
                [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 7, 4, 1, 0, 0, 9],
                .malformed("an export `` of something that isn't there", offset: 12)
            ),
        ] as [([UInt8], PackageError)])
    func `a file that is no module is refused, and where`(bytes: [UInt8], error: PackageError) {
        #expect(throws: error) { try WasmBinary(bytes) }
    }

    @Test func `a module is refused wherever it is cut off`() throws {
        let bytes = try Self.good()
        for length in 0..<bytes.count {
            #expect(throws: PackageError.self, "cut at \(length)") { try WasmPackage.inspect(Array(bytes[..<length])) }
        }
    }

    @Test func `random damage never does more than be refused`() throws {
        let bytes = try Self.good()
        var generator = SeededGenerator()
        for _ in 0..<3000 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                damaged[Int.random(in: 8..<damaged.count, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
            }
            _ = try? WasmPackage.inspect(damaged)
        }
    }

    @Test func `a module over the size limit is refused unread`() {
        let bytes = [UInt8](repeating: 0, count: WasmBinary.sizeLimit + 1)
        #expect(throws: PackageError.tooLarge(bytes: bytes.count, limit: WasmBinary.sizeLimit)) {
            try WasmBinary(bytes)
        }
    }

    @Test func `code that isn't valid is refused by the compiler`() throws {
        // The body of mesh_handle returns nothing.
        var bytes = try WasmBinary.assemble("(module \(Self.memory) \(Self.allocate) \(Self.handle))")
        bytes[bytes.count - 2] = 0x01
        bytes[bytes.count - 3] = 0x01
        let error = #expect(throws: WasmError.self) { try WasmModule(bytes, engine: sharedEngine.get()) }
        #expect(error?.code == .refusedModule)
    }
}
