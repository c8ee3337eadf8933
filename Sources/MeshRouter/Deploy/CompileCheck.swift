import Kafka
package import MeshCore
import Synchronization
import Wasm

/// Compiles packages before they are stored, so that a module that no worker could run is refused at the door.
package final class CompileCheck: Sendable {
    /// Made at the first deploy; an engine reserves address space and a thread.
    private let engine: Mutex<WasmEngine?> = Mutex(nil)

    package init() {}

    /// Compiles the module on a thread of its own; the error says what is wrong with it.
    package func check(_ bytes: [UInt8]) async throws(MeshError) {
        let result: Result<Void, MeshError> = await withCheckedContinuation { continuation in
            DedicatedThread.start("compile-check") { continuation.resume(returning: self.compile(bytes)) }
        }
        try result.get()
    }

    private func compile(_ bytes: [UInt8]) -> Result<Void, MeshError> {
        do throws(WasmError) {
            let engine = try sharedEngine().get()
            _ = try WasmModule(bytes, engine: engine)
            return .success(())
        } catch {
            let code: ErrorCode = error.code == .refusedModule ? .invalidRequest : .internalError
            return .failure(MeshError(code, "the module can't be compiled: \(error.message)"))
        }
    }

    private func sharedEngine() -> Result<WasmEngine, WasmError> {
        engine.withLock { engine in
            if let engine { return .success(engine) }
            do throws(WasmError) {
                let made = try WasmEngine(WasmEngine.Configuration(maximumInstances: 1))
                engine = made
                return .success(made)
            } catch {
                return .failure(error)
            }
        }
    }
}
