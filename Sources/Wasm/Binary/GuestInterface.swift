/// The guest's side of the ABI (docs/abi.md): which exports a module must have, and which imports it may.
package enum GuestInterface {
    /// The ABI version that this host speaks.
    package static let version = 1

    static let memoryName: StaticString = "memory"
    static let allocateName: StaticString = "mesh_alloc"
    static let handleName: StaticString = "mesh_handle"
    static let initializeName: StaticString = "_initialize"

    static let memory = "\(memoryName)"
    static let initialize = "\(initializeName)"

    private static let functions: [(name: String, type: WasmFunctionType, isRequired: Bool)] = [
        ("\(allocateName)", WasmFunctionType([.i32], [.i32]), true),
        ("\(handleName)", WasmFunctionType([.i32, .i32, .i32, .i32], [.i32]), true),
        (initialize, WasmFunctionType([], []), false),
    ]

    /// Checks everything that makes a module a guest, whatever its custom sections say.
    package static func check(_ binary: WasmBinary) throws(PackageError) {
        for item in binary.imports { try check(item) }
        try checkMemory(binary)
        for function in functions {
            let expected = WasmExternType.function(function.type)
            guard let export = binary.export(named: function.name) else {
                if function.isRequired { throw .exportMissing(function.name, expected: expected.description) }
                continue
            }
            guard export.type == expected else {
                throw .exportWrongType(function.name, expected: expected.description, found: export.type.description)
            }
        }
    }

    /// Checks what a module reserves at its start against what an engine allows.
    package static func checkSizes(_ binary: WasmBinary, memoryBytes: Int, tableElements: Int) throws(PackageError) {
        for memory in binary.memories {
            let (bytes, overflow) = memory.minimum.multipliedReportingOverflow(by: 65536)
            guard !overflow, bytes <= UInt64(memoryBytes) else {
                throw .memoryTooLarge(bytes: overflow ? .max : bytes, limit: UInt64(memoryBytes))
            }
        }
        guard binary.tables.count <= 1 else { throw .unsupported("more than one table") }
        for table in binary.tables where table.minimum > UInt64(tableElements) {
            throw .tableTooLarge(elements: table.minimum, limit: UInt64(tableElements))
        }
    }

    private static func check(_ item: WasmBinary.Import) throws(PackageError) {
        guard let offered = HostFunction.named(module: item.module, name: item.name) else {
            throw .importNotOffered(module: item.module, name: item.name)
        }
        let expected = WasmExternType.function(offered.type)
        guard item.type == expected else {
            throw .importWrongType(
                module: item.module, name: item.name, expected: expected.description, found: item.type.description)
        }
    }

    private static func checkMemory(_ binary: WasmBinary) throws(PackageError) {
        guard let export = binary.export(named: memory) else { throw .exportMissing(memory, expected: "a memory") }
        guard case .memory(let limits) = export.type, !limits.is64, !limits.isShared else {
            throw .exportWrongType(memory, expected: "a memory", found: export.type.description)
        }
    }
}
