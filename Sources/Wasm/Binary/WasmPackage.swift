import MeshCore

/// A `.wasm` file that is a package: a guest with its schema inside.
package struct WasmPackage: Sendable {
    /// The SHA-256 of the file, in hexadecimal: the package's id.
    package var digest: String
    /// The schema document as the section has it. Not trusted: parse and check it again.
    package var schemaText: String
    package var abi: Int
    /// The SDK that built it, `swift/0.1.0`, nil where the package doesn't say.
    package var sdk: String?
    /// `mesh.emit` and so on, sorted.
    package var imports: [String]
    package var size: Int

    /// The custom sections that make a module a package.
    package static let schemaSection = "wasmesh.schema"
    package static let packageSection = "wasmesh.package"

    /// Reads and checks a package.
    package static func inspect(_ bytes: [UInt8]) throws(PackageError) -> WasmPackage {
        let binary = try WasmBinary(bytes)
        // Of two sections one reader would take the first, another the last.
        for name in [schemaSection, packageSection] where binary.customSections.count(where: { $0.name == name }) > 1 {
            throw .badSection(name, reason: "it stands there more than once")
        }
        let (abi, sdk) = try readPackageSection(binary)
        guard let schema = binary.customSection(named: schemaSection) else { throw .sectionMissing(schemaSection) }
        guard let schemaText = String(validating: schema.content, as: UTF8.self) else {
            throw .badSection(schemaSection, reason: "it isn't UTF-8")
        }
        try GuestInterface.check(binary)
        let standard = WasmEngine.Configuration()
        try GuestInterface.checkSizes(binary, memoryBytes: standard.memoryBytes, tableElements: standard.tableElements)
        return WasmPackage(
            digest: SHA256.hex(bytes), schemaText: schemaText, abi: abi, sdk: sdk,
            imports: binary.imports.map { "\($0.module).\($0.name)" }.sorted(), size: bytes.count)
    }

    /// The module `bytes` as a package with this schema.
    package static func make(_ bytes: [UInt8], schemaText: String, sdk: String) throws(PackageError) -> [UInt8] {
        let facts = "{\"abi\":\(GuestInterface.version),\"sdk\":\(JSONText.string(sdk))}"
        return try WasmBinary.adding(
            [(schemaSection, Array(schemaText.utf8)), (packageSection, Array(facts.utf8))], to: bytes)
    }

    private static func readPackageSection(_ binary: WasmBinary) throws(PackageError) -> (abi: Int, sdk: String?) {
        guard let section = binary.customSection(named: packageSection) else { throw .sectionMissing(packageSection) }
        guard let members = JSONMembers(Array(section.content)) else {
            throw .badSection(packageSection, reason: "it isn't a JSON object")
        }
        guard let abi = members.raw("abi") else { throw .badSection(packageSection, reason: "it doesn't say `abi`") }
        guard abi == String(GuestInterface.version) else { throw .otherABI(found: String(abi.prefix(20))) }
        return (GuestInterface.version, members.string("sdk"))
    }
}
