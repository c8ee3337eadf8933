import Glibc

/// Reading what can be opened: files, and pipes such as a shell's `<(…)`, which can be read once and have no size.
enum FileContent {
    /// Why something can't be read.
    struct Unreadable: Error {
        let reason: String

        fileprivate init(_ number: Int32) { reason = String(cString: strerror(number)) }

        fileprivate init(_ reason: String) { self.reason = reason }
    }

    /// The bytes of the file at `path`, of `standardInput` for `-`; refused beyond `limit` of them.
    static func read(
        _ path: String, directory: String, limit: Int, standardInput: Int32 = 0
    ) throws(Unreadable) -> [UInt8] {
        if path == "-" { return try read(standardInput, limit: limit) }
        let descriptor = try open(path.hasPrefix("/") ? path : directory + "/" + path)
        defer { close(descriptor) }
        return try read(descriptor, limit: limit)
    }

    static func open(_ path: String) throws(Unreadable) -> Int32 {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Unreadable(errno) }
        return descriptor
    }

    /// What is left to read; refused beyond `limit` bytes.
    static func read(_ descriptor: Int32, limit: Int) throws(Unreadable) -> [UInt8] {
        var content: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = part.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Unreadable(errno) }
            guard count > 0 else { return content }
            guard content.count + count <= limit else { throw Unreadable("it has more than \(limit >> 20) MiB") }
            content += part[..<count]
        }
    }
}
