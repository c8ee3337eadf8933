/// Sizes as written in schemas: `256KB`; the units are powers of 1024.
enum ByteCountText {
    private static let units: [(name: String, size: Int)] = [("MB", 1 << 20), ("KB", 1 << 10), ("B", 1)]

    static func parse(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard (1...9).contains(digits.count), let count = Int(digits),
            let unit = units.first(where: { $0.name == text.dropFirst(digits.count) })
        else { return nil }
        return count * unit.size
    }

    static func render(_ count: Int) -> String {
        let unit = units.first { count >= $0.size && count % $0.size == 0 } ?? ("B", 1)
        return "\(count / unit.size)\(unit.name)"
    }
}
