extension WasmBinary {
    /// The module `bytes` with these custom sections at its end, in place of sections of the same names.
    package static func adding(
        _ sections: [(name: String, content: [UInt8])], to bytes: [UInt8]
    ) throws(PackageError) -> [UInt8] {
        let binary = try WasmBinary(bytes)
        var result: [UInt8] = []
        var at = 0
        for old in binary.customSections where sections.contains(where: { $0.name == old.name }) {
            result += bytes[at..<old.range.lowerBound]
            at = old.range.upperBound
        }
        result += bytes[at...]
        for section in sections {
            let name = Array(section.name.utf8)
            let content = number(name.count) + name + section.content
            result += [0] + number(content.count) + content
        }
        return result
    }

    /// Unsigned LEB128.
    private static func number(_ value: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = value
        repeat {
            let low = UInt8(rest & 0x7F)
            rest >>= 7
            bytes.append(rest == 0 ? low : low | 0x80)
        } while rest != 0
        return bytes
    }
}
