/// Why a file is no package that this mesh can run; each case says what to do.
package enum PackageError: Error, Sendable, Equatable, CustomStringConvertible {
    case notWasm
    /// A component (WebAssembly component model) instead of a core module.
    case component
    case otherWasmVersion(UInt32)
    /// The file ends in the middle of `part`.
    case cutOff(part: String, offset: Int)
    case malformed(String, offset: Int)
    /// A feature of WebAssembly that the mesh switches off.
    case unsupported(String)
    case tooLarge(bytes: Int, limit: Int)
    case sectionMissing(String)
    /// A section of the mesh is there, but not what it should be.
    case badSection(String, reason: String)
    case importNotOffered(module: String, name: String)
    case importWrongType(module: String, name: String, expected: String, found: String)
    case exportMissing(String, expected: String)
    case exportWrongType(String, expected: String, found: String)
    case otherABI(found: String)
    case memoryTooLarge(bytes: UInt64, limit: UInt64)
    case tableTooLarge(elements: UInt64, limit: UInt64)

    package var description: String {
        switch self {
        case .notWasm:
            "This isn't a WebAssembly file: it doesn't begin with the bytes 00 61 73 6d. Pass the .wasm file that `wasmesh build` wrote."
        case .component:
            "This is a WebAssembly component; the mesh runs core modules. Build without the component step (no `wasm-tools component new`, no `wit-bindgen`)."
        case .otherWasmVersion(let version):
            "This is WebAssembly version \(version); the mesh runs version 1."
        case .cutOff(let part, let offset):
            "The file is cut off: it ends in \(part) that begins at byte \(offset). Copy or build it again."
        case .malformed(let reason, let offset):
            "The file is damaged: \(reason) at byte \(offset). Build it again."
        case .unsupported(let feature):
            "The module uses \(feature), which the mesh doesn't offer. Switch it off in the compiler."
        case .tooLarge(let bytes, let limit):
            "The module has \(bytes) bytes; the limit is \(limit). Strip it (`wasm-ld -s`) or build with -Osize."
        case .sectionMissing(let name):
            "The module has no section `\(name)`. `wasmesh build` adds it; for a module of another tool chain use `wasmesh build --wasm FILE`."
        case .badSection(let name, let reason):
            "The section `\(name)` can't be read: \(reason). Build the module again with `wasmesh build`."
        case .importNotOffered(let module, let name):
            "The module imports `\(module).\(name)`, which the mesh doesn't offer. docs/abi.md lists what it offers."
        case .importWrongType(let module, let name, let expected, let found):
            "The module imports `\(module).\(name)` as \(found); the mesh offers it as \(expected)."
        case .exportMissing(let name, let expected):
            "The module doesn't export `\(name)` (\(expected)). Link with the SDK, or with `--export=\(name)`."
        case .exportWrongType(let name, let expected, let found):
            "The module exports `\(name)` as \(found); the mesh needs \(expected)."
        case .otherABI(let found):
            "The module was built for ABI version \(found); this mesh speaks version \(GuestInterface.version). Build it again with this release's SDK."
        case .memoryTooLarge(let bytes, let limit):
            "The module asks for \(bytes) bytes of memory at its start; the limit is \(limit)."
        case .tableTooLarge(let elements, let limit):
            "The module asks for a table of \(elements) elements; the limit is \(limit)."
        }
    }
}
