import Kafka
package import MeshCore
import Synchronization
import Wasm

/// Compiles packages before they are stored, so that a module that no worker could run is refused at the door, and runs them for replays.
package final class CompileCheck: Sendable {
    /// Made at the first deploy; an engine reserves address space and a thread.
    private let engine: Mutex<WasmEngine?> = Mutex(nil)
    /// Replays take turns: the engine has one instance.
    private let turn = Turn()

    package init() {}

    /// Compiles the module on a thread of its own; the error says what is wrong with it.
    package func check(_ bytes: [UInt8]) async throws(MeshError) { _ = try await module(bytes) }

    /// The compiled module.
    func module(_ bytes: [UInt8]) async throws(MeshError) -> WasmModule {
        let result: Result<WasmModule, MeshError> = await withCheckedContinuation { continuation in
            DedicatedThread.start("compile-check") { continuation.resume(returning: self.compile(bytes)) }
        }
        return try result.get()
    }

    /// Runs `body` on a thread of its own, one caller after the other: what runs guests of this engine's modules.
    func perform<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async throws -> Value {
        try await turn.take {
            await withCheckedContinuation { continuation in
                DedicatedThread.start("replay") { continuation.resume(returning: body()) }
            }
        }
    }

    private func compile(_ bytes: [UInt8]) -> Result<WasmModule, MeshError> {
        do throws(WasmError) {
            let engine = try sharedEngine().get()
            return .success(try WasmModule(bytes, engine: engine))
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
