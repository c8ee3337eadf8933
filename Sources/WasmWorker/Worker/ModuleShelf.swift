import Dispatch
import Synchronization
import Wasm

/// Compiled modules by digest, so that a change of one deployment doesn't compile the others again.
final class ModuleShelf: Sendable {
    private let modules = Mutex<[String: WasmModule]>([:])
    /// Compiling blocks, so it has a thread of its own.
    private let compiler = DispatchQueue(label: "wasmesh.compiler")

    /// The module, compiled from what `load` brings if it isn't here.
    func module(_ digest: String, engine: WasmEngine, load: () async throws -> [UInt8]) async throws -> WasmModule {
        if let module = modules.withLock({ $0[digest] }) { return module }
        let bytes = try await load()
        let module = try await withCheckedThrowingContinuation {
            (continuation: CheckedContinuation<WasmModule, any Error>) in
            compiler.async {
                continuation.resume(with: Result { try WasmModule(bytes, engine: engine) })
            }
        }
        modules.withLock { $0[digest] = module }
        return module
    }

    /// Forgets the others; executions that run keep theirs alive.
    func keep(only digests: Set<String>) { modules.withLock { $0 = $0.filter { digests.contains($0.key) } } }
}
