import CWasmtime
import MeshCore

/// A guest's compiled code, ready to be instantiated any number of times on any thread.
package final class WasmModule: Sendable {
    /// The SHA-256 of the module's bytes, in hexadecimal.
    package let digest: String
    /// True where the code came from the cache.
    package let isFromCache: Bool
    let engine: WasmEngine
    let minimumMemoryBytes: Int
    private let first: ModuleCode
    /// Those of the other lanes.
    private let others: [ModuleLane]

    /// Compiles `bytes`, or takes the code from the engine's cache. Blocks for as long as compiling takes (about 100 ms for 100 KB).
    package convenience init(_ bytes: [UInt8], engine: WasmEngine) throws(WasmError) {
        let binary: WasmBinary
        do throws(PackageError) {
            binary = try WasmBinary(bytes)
            // The host calls the exports without a check of their types, so they must be right here.
            try GuestInterface.check(binary)
            try GuestInterface.checkSizes(
                binary, memoryBytes: engine.configuration.memoryBytes, tableElements: engine.configuration.tableElements
            )
        } catch {
            throw WasmError(code: .refusedModule, message: error.description)
        }
        try self.init(bytes, binary, engine)
    }

    private init(_ bytes: [UInt8], _ binary: WasmBinary, _ engine: WasmEngine) throws(WasmError) {
        let digest = SHA256.hex(bytes)
        let cached = WasmModule.cached(digest, engine)
        let module: OpaquePointer
        if let cached { module = cached } else { module = try WasmModule.compile(bytes, digest, engine) }
        self.first = try ModuleCode(
            taking: module, engine.first, hasInitializer: binary.export(named: GuestInterface.initialize) != nil)
        self.others = (1..<max(1, engine.configuration.lanes)).map { _ in ModuleLane() }
        self.digest = digest
        self.isFromCache = cached != nil
        self.engine = engine
        // Checked against the engine's cap before.
        self.minimumMemoryBytes = binary.memories.reduce(0) { $0 + Int($1.minimum) * 65536 }
    }

    /// What an execution on the processor that asks is made of.
    var code: ModuleCode { code(in: engine.currentLane) }

    /// The code in this lane once it is run there often; till then in the first one.
    func code(in number: Int) -> ModuleCode {
        guard number > 0 else { return first }
        let lane = others[number - 1]
        if let code = lane.code { return code }
        guard lane.isBusy(engine.configuration.loadedAt) else { return first }
        return lane.code {
            // A lane that the system has no room for goes on sharing the first one.
            guard let engine = engine.lane(number), let copy = try? first.copy(in: engine) else { return first }
            return copy
        }
    }

    private static func cached(_ digest: String, _ engine: WasmEngine) -> OpaquePointer? {
        guard let cache = engine.cache, let code = cache.load(digest: digest) else { return nil }
        do throws(WasmError) {
            return try code.withUnsafeBufferPointer { code throws(WasmError) in try engine.first.load(code) }
        } catch {
            cache.discard(digest: digest, because: error.message)
            return nil
        }
    }

    private static func compile(_ bytes: [UInt8], _ digest: String, _ engine: WasmEngine) throws(WasmError)
        -> OpaquePointer
    {
        let compiled = try engine.first.compile(bytes)
        guard let cache = engine.cache else { return compiled }
        // A module that can't be stored is compiled again at the next start.
        try? EngineLane.withSerialized(compiled) { cache.store($0, digest: digest) }
        return compiled
    }
}
