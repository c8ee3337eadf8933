import Foundation
import MeshCore
import Testing

@testable import Wasm

@Suite struct `The cache of compiled code` {
    private let directory = TemporaryDirectory()

    private func engine(_ change: (inout WasmEngine.Configuration) -> Void = { _ in }) throws -> WasmEngine {
        var configuration = WasmEngine.Configuration(maximumInstances: 2, cacheDirectory: directory.path + "/a/code")
        change(&configuration)
        return try WasmEngine(configuration)
    }

    private func bytes(_ result: Int = 0) throws -> [UInt8] { try TextGuest.bytes(handle: "(i32.const \(result))") }

    private func file(_ engine: WasmEngine, _ bytes: [UInt8]) throws -> String {
        try #require(engine.cache).path(of: SHA256.hex(bytes))
    }

    private static func completes(_ module: WasmModule) -> Bool {
        Sandbox.run(module, .test(), host: PermissiveHost()).outcome.effects != nil
    }

    @Test func `the second engine doesn't compile, and the directory is its owner's alone`() throws {
        let bytes = try bytes()
        let first = try WasmModule(bytes, engine: engine())
        #expect(!first.isFromCache && Self.completes(first))
        let second = try WasmModule(bytes, engine: engine())
        #expect(second.isFromCache && Self.completes(second))
        let facts = try FileManager.default.attributesOfItem(atPath: directory.path + "/a/code")
        #expect(facts[.posixPermissions] as? Int == 0o700)
    }

    @Test func `of too many files the oldest go, and what nobody finished writing`() throws {
        let cache = try #require(engine().cache)
        let bytes = (0..<4).map { [UInt8]("\($0)".utf8) }
        for content in bytes {
            content.withUnsafeBufferPointer { cache.store($0, digest: SHA256.hex(content)) }
        }
        let unfinished = cache.path(of: "x") + ".17.4"
        write([1], unfinished)
        let paths = bytes.map { cache.path(of: SHA256.hex($0)) }
        // From the oldest to the youngest, whatever the clock of the file system can tell.
        for (age, path) in ([unfinished] + paths).enumerated() {
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: Double(1000 + age))], ofItemAtPath: path)
        }
        cache.prune(keeping: 2)
        let isThere = ([unfinished] + paths).map { FileManager.default.fileExists(atPath: $0) }
        #expect(isThere == [false, false, false, true, true])
    }

    @Test func `an engine of another configuration compiles for itself`() throws {
        let bytes = try bytes()
        _ = try WasmModule(bytes, engine: engine())
        let other = try WasmModule(bytes, engine: engine { $0.memoryBytes = 32 << 20 })
        #expect(!other.isFromCache && Self.completes(other))
    }

    @Test(arguments: [
        "flip", "cut", "empty", "text", "foreign", "others may write", "link", "directory", "unreadable type",
    ])
    func `a file that isn't what was written isn't used`(damage: String) throws {
        let bytes = try bytes()
        let engine = try engine()
        _ = try WasmModule(bytes, engine: engine)
        let path = try file(engine, bytes)
        var content = try #require(read(path))
        switch damage {
        case "flip":
            content[content.count / 2] ^= 1
            write(content, path)
        case "cut": write(Array(content[..<(content.count - 100)]), path)
        case "empty": write([], path)
        case "text": write(Array("hello".utf8), path)
        case "foreign":
            // Another module's code under this module's name.
            let other = try self.bytes(1)
            _ = try WasmModule(other, engine: engine)
            #expect(try rename(file(engine, other), path) == 0)
        case "others may write": #expect(chmod(path, 0o666) == 0)
        case "link":
            #expect(rename(path, path + ".real") == 0)
            #expect(symlink(path + ".real", path) == 0)
        case "directory":
            #expect(unlink(path) == 0)
            #expect(mkdir(path, 0o700) == 0)
        default:
            #expect(unlink(path) == 0)
            #expect(mkfifo(path, 0o600) == 0)
        }
        let module = try WasmModule(bytes, engine: engine)
        #expect(!module.isFromCache && Self.completes(module))
    }

    @Test func `a directory that others may write isn't used`() throws {
        let bytes = try bytes()
        let engine = try engine()
        _ = try WasmModule(bytes, engine: engine)
        #expect(chmod(directory.path + "/a/code", 0o777) == 0)
        #expect(try !WasmModule(bytes, engine: engine).isFromCache)
    }

    @Test func `code that the engine itself refuses is removed and compiled again`() throws {
        let bytes = try bytes()
        let engine = try engine()
        let cache = try #require(engine.cache)
        Array("not code".utf8).withUnsafeBufferPointer { cache.store($0, digest: SHA256.hex(bytes)) }
        #expect(try !WasmModule(bytes, engine: engine).isFromCache)
        #expect(try WasmModule(bytes, engine: engine).isFromCache)
    }

    @Test(arguments: ["/proc/no/such", "/dev/null/code", "/dev/null"])
    func `where nothing can be written it compiles each time`(path: String) throws {
        let bytes = try bytes()
        for _ in 0..<2 {
            let module = try WasmModule(bytes, engine: engine { $0.cacheDirectory = path })
            #expect(!module.isFromCache && Self.completes(module))
        }
    }

    @Test(.enabled(if: TemporaryDirectory.canMount, "only root may mount a small disk"))
    func `on a full disk it compiles each time, and leaves no rest behind`() throws {
        let disk = directory.path + "/disk"
        #expect(mkdir(disk, 0o700) == 0)
        #expect(mount("tmpfs", disk, "tmpfs", 0, "size=8k,mode=700") == 0)
        defer { umount(disk) }
        let bytes = try bytes()
        for _ in 0..<2 {
            let module = try WasmModule(bytes, engine: engine { $0.cacheDirectory = disk })
            #expect(!module.isFromCache && Self.completes(module))
        }
        #expect(entries(disk) == 0)
    }

    @Test func `engines that compile the same module at once don't disturb each other`() async throws {
        let bytes = try bytes()
        let engines = try (0..<4).map { _ in try engine() }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for engine in engines { group.addTask { try Self.completes(WasmModule(bytes, engine: engine)) } }
            for try await completed in group { #expect(completed) }
        }
        #expect(entries(directory.path + "/a/code") == 1)
    }

    // MARK: Files

    private func entries(_ path: String) -> Int {
        guard let directory = opendir(path) else { return -1 }
        defer { closedir(directory) }
        var count = -2
        while readdir(directory) != nil { count += 1 }
        return count
    }

    private func read(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 4 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes[..<count])
    }

    private func write(_ bytes: [UInt8], _ path: String) {
        guard let file = fopen(path, "w") else { return }
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
    }
}
