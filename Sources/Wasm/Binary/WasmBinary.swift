/// What a module's sections say about it, read without running or compiling anything.
///
/// The code itself isn't looked at: that is the compiler's validation.
package struct WasmBinary: Sendable {
    package struct Import: Sendable, Equatable {
        package var module: String
        package var name: String
        package var type: WasmExternType
    }

    package struct Export: Sendable, Equatable {
        package var name: String
        package var type: WasmExternType
    }

    package struct CustomSection: Sendable {
        package var name: String
        package var content: ArraySlice<UInt8>
        /// The whole section, header included.
        var range: Range<Int>
    }

    package private(set) var customSections: [CustomSection] = []
    package private(set) var imports: [Import] = []
    package private(set) var exports: [Export] = []
    /// The memories and tables that the module defines itself.
    package private(set) var memories: [WasmLimits] = []
    package private(set) var tables: [WasmLimits] = []

    private var types: [WasmFunctionType] = []
    private var functionTypes: [WasmFunctionType] = []
    private var allMemories: [WasmLimits] = []
    private var allTables: [WasmLimits] = []

    /// Larger files are refused before they are read.
    package static let sizeLimit = 64 << 20
    /// As engines have it: the greatest number of types, functions, imports or exports.
    private static let itemLimit = 1_000_000

    /// Reads the sections of `bytes`.
    package init(_ bytes: [UInt8]) throws(PackageError) {
        guard bytes.count <= WasmBinary.sizeLimit else {
            throw .tooLarge(bytes: bytes.count, limit: WasmBinary.sizeLimit)
        }
        var file = ByteReader(bytes[...], part: "the header")
        try WasmBinary.readHeader(&file)
        var lastOrder = 0
        while !file.isAtEnd {
            let begin = file.offset
            let id = try file.byte()
            file.part = "section \(id)"
            let size = try file.number()
            guard size <= UInt64(file.remaining) else {
                throw .cutOff(part: WasmBinary.name(ofSection: id), offset: begin)
            }
            let content = try file.take(Int(size))
            if id != 0 {
                let order = try WasmBinary.order(ofSection: id, at: begin)
                guard order > lastOrder else {
                    throw .malformed("\(WasmBinary.name(ofSection: id)) out of order", offset: begin)
                }
                lastOrder = order
            }
            try read(section: id, content, from: begin)
        }
    }

    package func customSection(named name: String) -> CustomSection? { customSections.first { $0.name == name } }

    package func export(named name: String) -> Export? { exports.first { $0.name == name } }

    // MARK: Sections

    private static func readHeader(_ file: inout ByteReader) throws(PackageError) {
        guard file.remaining >= 4, try file.take(4).elementsEqual([0x00, 0x61, 0x73, 0x6d]) else { throw .notWasm }
        let rest = try file.take(4)
        let version = rest.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        // A component has the layer 1 in the upper half.
        guard version >> 16 == 0 else { throw version >> 16 == 1 ? .component : .otherWasmVersion(version) }
        guard version == 1 else { throw .otherWasmVersion(version) }
    }

    private static let sectionNames = [
        "a custom section", "the type section", "the import section", "the function section", "the table section",
        "the memory section", "the global section", "the export section", "the start section", "the element section",
        "the code section", "the data section", "the data count section", "the tag section",
    ]

    private static func name(ofSection id: UInt8) -> String {
        Int(id) < sectionNames.count ? sectionNames[Int(id)] : "section \(id)"
    }

    /// Sections come in a fixed order, which isn't quite that of their ids.
    private static func order(ofSection id: UInt8, at offset: Int) throws(PackageError) -> Int {
        switch id {
        case 1...5: return Int(id)
        case 13: return 6
        case 6...9: return Int(id) + 1
        case 12: return 11
        case 10, 11: return Int(id) + 2
        default: throw .malformed("an unknown section \(id)", offset: offset)
        }
    }

    private mutating func read(section id: UInt8, _ content: ArraySlice<UInt8>, from begin: Int) throws(PackageError) {
        var reader = ByteReader(content, part: WasmBinary.name(ofSection: id))
        switch id {
        case 0:
            let name = try reader.name()
            customSections.append(CustomSection(name: name, content: reader.rest(), range: begin..<content.endIndex))
            guard customSections.count <= WasmBinary.itemLimit else {
                throw .malformed("too many custom sections", offset: begin)
            }
        case 1: try readItems(&reader) { (binary, reader) throws(PackageError) in try binary.readType(&reader) }
        case 2: try readItems(&reader) { (binary, reader) throws(PackageError) in try binary.readImport(&reader) }
        case 3:
            try readItems(&reader) { (binary, reader) throws(PackageError) in
                binary.functionTypes.append(try binary.functionType(at: &reader))
            }
        case 4: try readItems(&reader) { (binary, reader) throws(PackageError) in try binary.readTable(&reader) }
        case 5:
            try readItems(&reader) { (binary, reader) throws(PackageError) in
                let limits = try WasmBinary.limits(&reader)
                binary.memories.append(limits)
                binary.allMemories.append(limits)
            }
        case 7: try readItems(&reader) { (binary, reader) throws(PackageError) in try binary.readExport(&reader) }
        default: return
        }
        guard reader.isAtEnd else {
            throw .malformed("bytes left over in \(WasmBinary.name(ofSection: id))", offset: reader.offset)
        }
    }

    private mutating func readItems(
        _ reader: inout ByteReader, _ readItem: (inout WasmBinary, inout ByteReader) throws(PackageError) -> Void
    ) throws(PackageError) {
        let begin = reader.offset
        let count = try reader.count()
        guard count <= WasmBinary.itemLimit else { throw .malformed("too many items in \(reader.part)", offset: begin) }
        for _ in 0..<count { try readItem(&self, &reader) }
    }

    // MARK: Items

    private mutating func readType(_ reader: inout ByteReader) throws(PackageError) {
        let form = try reader.byte()
        guard form == 0x60 else { throw .unsupported("garbage-collected types (type form \(form))") }
        let parameters = try WasmBinary.valueTypes(&reader)
        types.append(WasmFunctionType(parameters, try WasmBinary.valueTypes(&reader)))
    }

    private static func valueTypes(_ reader: inout ByteReader) throws(PackageError) -> [WasmValueType] {
        let count = try reader.count()
        guard count <= 1000 else { throw .malformed("a function type with \(count) values", offset: reader.offset) }
        var types: [WasmValueType] = []
        for _ in 0..<count { types.append(try valueType(&reader)) }
        return types
    }

    private static func valueType(_ reader: inout ByteReader) throws(PackageError) -> WasmValueType {
        let byte = try reader.byte()
        guard let type = WasmValueType(rawValue: byte) else { throw .unsupported("the value type \(byte)") }
        return type
    }

    private func functionType(at reader: inout ByteReader) throws(PackageError) -> WasmFunctionType {
        let begin = reader.offset
        let index = try reader.number()
        guard index < UInt64(types.count) else { throw .malformed("a type \(index) that isn't there", offset: begin) }
        return types[Int(index)]
    }

    private mutating func readImport(_ reader: inout ByteReader) throws(PackageError) {
        let module = try reader.name()
        let name = try reader.name()
        let begin = reader.offset
        let type: WasmExternType
        switch try reader.byte() {
        case 0:
            let function = try functionType(at: &reader)
            functionTypes.append(function)
            type = .function(function)
        case 1:
            let limits = try WasmBinary.tableType(&reader)
            allTables.append(limits)
            type = .table(limits)
        case 2:
            let limits = try WasmBinary.limits(&reader)
            allMemories.append(limits)
            type = .memory(limits)
        case 3:
            _ = try WasmBinary.valueType(&reader)
            _ = try reader.byte()
            type = .global
        case 4:
            _ = try reader.byte()
            _ = try functionType(at: &reader)
            type = .tag
        default: throw .malformed("an import of an unknown kind", offset: begin)
        }
        imports.append(Import(module: module, name: name, type: type))
    }

    private mutating func readTable(_ reader: inout ByteReader) throws(PackageError) {
        let limits = try WasmBinary.tableType(&reader)
        tables.append(limits)
        allTables.append(limits)
    }

    private static func tableType(_ reader: inout ByteReader) throws(PackageError) -> WasmLimits {
        let element = try reader.byte()
        guard element == WasmValueType.funcref.rawValue || element == WasmValueType.externref.rawValue else {
            throw .unsupported("tables of typed references")
        }
        return try limits(&reader)
    }

    private static func limits(_ reader: inout ByteReader) throws(PackageError) -> WasmLimits {
        let flags = try reader.byte()
        guard flags & ~0x07 == 0 else { throw .unsupported("custom page sizes") }
        let bits = flags & 4 != 0 ? 64 : 32
        let minimum = try reader.number(bits: bits)
        let maximum = flags & 1 != 0 ? try reader.number(bits: bits) : nil
        return WasmLimits(minimum: minimum, maximum: maximum, isShared: flags & 2 != 0, is64: flags & 4 != 0)
    }

    private mutating func readExport(_ reader: inout ByteReader) throws(PackageError) {
        let name = try reader.name()
        let begin = reader.offset
        let kind = try reader.byte()
        let index = try reader.number()
        let type: WasmExternType? =
            switch kind {
            case 0: WasmBinary.item(index, of: functionTypes).map { .function($0) }
            case 1: WasmBinary.item(index, of: allTables).map { .table($0) }
            case 2: WasmBinary.item(index, of: allMemories).map { .memory($0) }
            case 3: .global
            case 4: .tag
            default: nil
            }
        guard let type else { throw .malformed("an export `\(name)` of something that isn't there", offset: begin) }
        exports.append(Export(name: name, type: type))
    }

    private static func item<Item>(_ index: UInt64, of items: [Item]) -> Item? {
        index < UInt64(items.count) ? items[Int(index)] : nil
    }
}
