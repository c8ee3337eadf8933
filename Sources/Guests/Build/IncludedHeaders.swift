import Foundation

/// The headers that the author's C includes, wherever they lie: a build depends on them as on what the project names.
struct IncludedHeaders: Codable, Equatable {
    /// Absolute, sorted.
    let paths: [String]
    /// Of their contents when they were compiled.
    let digest: String

    init(_ paths: some Sequence<String>) throws(GuestError) {
        self.paths = Set(paths).sorted()
        digest = try SourceFiles.digest(self.paths)
    }

    /// True while they are as they were compiled.
    var areCurrent: Bool { (try? SourceFiles.digest(paths)) == digest }

    /// The files of a rule for `make` as clang writes it, relative ones in `directory`.
    static func files(ofRule rule: [UInt8], in directory: String) -> [String] {
        guard let colon = rule.firstIndex(of: UInt8(ascii: ":")) else { return [] }
        var files: [[UInt8]] = [[]]
        var rest = rule[(colon + 1)...]
        while let byte = rest.popFirst() {
            switch (byte, rest.first) {
            case (UInt8(ascii: "\\"), UInt8(ascii: "\n")?): continue
            case (UInt8(ascii: "\\"), let next?) where next == UInt8(ascii: " ") || next == UInt8(ascii: "#"),
                (UInt8(ascii: "$"), let next?) where next == UInt8(ascii: "$"):
                files[files.count - 1].append(next)
                rest.removeFirst()
            case (UInt8(ascii: " "), _), (UInt8(ascii: "\n"), _): files.append([])
            default: files[files.count - 1].append(byte)
            }
        }
        return files.filter { !$0.isEmpty }.map { String(decoding: $0, as: UTF8.self) }
            .map { $0.hasPrefix("/") ? $0 : "\(directory)/\($0)" }
    }
}
