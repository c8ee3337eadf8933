import Glibc
import MeshCore

/// Compiled code on disk, so that a restart doesn't compile again.
///
/// Compiled code is machine code that this process will run, so a file is used only if it is a regular file of this user that nobody
/// else can write, in a directory for which the same holds, and its checksum is right for exactly this module and engine. Anything
/// else, and any failure to read or write, means compiling: the cache can make a start slow, never fail.
struct CodeCache: Sendable {
    let directory: String
    let fingerprint: String

    private static let log = Log("wasm")
    private static let magic = Array("WMCODE1\n".utf8)
    /// Larger files aren't read.
    private static let sizeLimit = 1 << 30

    private enum Refusal: Error {
        case absent
        case because(String)
    }

    /// The code of the module with this digest, nil where there is none to be trusted.
    func load(digest: String) -> [UInt8]? {
        do throws(Refusal) {
            try checkDirectory()
            let bytes = try CodeCache.read(path(of: digest))
            return try open(bytes, digest: digest)
        } catch {
            if case .because(let reason) = error {
                CodeCache.log.warning(
                    "compiled code in the cache isn't used; compiling", ["file": path(of: digest), "reason": reason])
            }
            return nil
        }
    }

    /// Keeps the code of a module; logs a warning where that fails.
    func store(_ code: UnsafeBufferPointer<UInt8>, digest: String) {
        do throws(Refusal) {
            try makeDirectory()
            try checkDirectory()
            let header = CodeCache.magic + checksum(code, digest: digest)
            try CodeCache.write(header, code, to: path(of: digest))
            prune()
        } catch {
            guard case .because(let reason) = error else { return }
            CodeCache.log.warning(
                "compiled code can't be kept; the next start compiles again",
                ["directory": directory, "reason": reason])
        }
    }

    /// Says why a file that passed all checks was refused by the engine, and removes it.
    func discard(digest: String, because reason: String) {
        CodeCache.log.warning(
            "compiled code in the cache isn't used; compiling", ["file": path(of: digest), "reason": reason])
        unlink(path(of: digest))
    }

    func path(of digest: String) -> String {
        "\(directory)/\(digest)-\(SHA256.hex(Array(fingerprint.utf8)).prefix(16)).code"
    }

    // MARK: Contents

    private func open(_ bytes: [UInt8], digest: String) throws(Refusal) -> [UInt8] {
        let headerLength = CodeCache.magic.count + 32
        guard bytes.count > headerLength, bytes.starts(with: CodeCache.magic) else {
            throw .because("not a cache file")
        }
        let code = Array(bytes[headerLength...])
        let found = code.withUnsafeBufferPointer { checksum($0, digest: digest) }
        guard found.elementsEqual(bytes[CodeCache.magic.count..<headerLength]) else { throw .because("wrong checksum") }
        return code
    }

    private func checksum(_ code: UnsafeBufferPointer<UInt8>, digest: String) -> [UInt8] {
        var hash = SHA256()
        hash.update(Array("\(digest) \(fingerprint)\n".utf8))
        hash.update(UnsafeRawBufferPointer(code))
        return hash.finish()
    }

    // MARK: Files

    private func makeDirectory() throws(Refusal) {
        var at = directory.startIndex
        while let slash = directory[at...].firstIndex(of: "/") {
            if slash != directory.startIndex { mkdir(String(directory[..<slash]), 0o755) }
            at = directory.index(after: slash)
        }
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else { throw .because(CodeCache.systemError("mkdir")) }
    }

    private func checkDirectory() throws(Refusal) {
        var facts = stat()
        guard lstat(directory, &facts) == 0 else {
            throw errno == ENOENT ? .absent : .because(CodeCache.systemError("stat"))
        }
        try CodeCache.checkOwnership(facts, is: S_IFDIR, named: "the directory")
    }

    private static func checkOwnership(_ facts: stat, is type: mode_t, named name: String) throws(Refusal) {
        guard facts.st_mode & S_IFMT == type else { throw .because("\(name) isn't of the expected type") }
        guard facts.st_uid == geteuid() else { throw .because("\(name) belongs to another user") }
        guard facts.st_mode & 0o022 == 0 else { throw .because("\(name) can be written by others") }
    }

    private static func read(_ path: String) throws(Refusal) -> [UInt8] {
        // Without blocking, or a pipe under this name would stop the start for ever.
        let file = Glibc.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { throw errno == ENOENT ? .absent : .because(systemError("open")) }
        defer { close(file) }
        var facts = stat()
        guard fstat(file, &facts) == 0 else { throw .because(systemError("stat")) }
        try checkOwnership(facts, is: S_IFREG, named: "the file")
        let size = Int(facts.st_size)
        guard size <= sizeLimit else { throw .because("too large") }
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
            while filled < size {
                let count = Glibc.read(file, buffer.baseAddress.map { $0 + filled }, size - filled)
                guard count > 0 else { break }
                filled += count
            }
        }
        guard bytes.count == size else { throw .because("cut off") }
        return bytes
    }

    /// Writes beside the file and renames, so that a reader sees all of it or nothing.
    private static func write(_ header: [UInt8], _ code: UnsafeBufferPointer<UInt8>, to path: String) throws(Refusal) {
        let temporary = "\(path).\(getpid()).\(UInt32.random(in: 0 ... .max))"
        let file = Glibc.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .because(systemError("open")) }
        var failure: String?
        if !header.withUnsafeBytes({ writeAll(file, $0) }) || !writeAll(file, UnsafeRawBufferPointer(code)) {
            failure = systemError("write")
        }
        if close(file) != 0, failure == nil { failure = systemError("close") }
        if failure == nil, rename(temporary, path) != 0 { failure = systemError("rename") }
        if let failure {
            unlink(temporary)
            throw .because(failure)
        }
    }

    private static func writeAll(_ file: Int32, _ bytes: UnsafeRawBufferPointer) -> Bool {
        var written = 0
        while written < bytes.count {
            let count = Glibc.write(file, bytes.baseAddress.map { $0 + written }, bytes.count - written)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            written += count
        }
        return true
    }

    private static func systemError(_ call: String) -> String { "\(call): \(String(cString: strerror(errno)))" }
}
