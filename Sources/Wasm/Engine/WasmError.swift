/// Why an engine or a module could not be made.
package struct WasmError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The library on this machine isn't the version the project was built for.
        case wrongLibrary
        /// Wasmtime refuses the module: it isn't valid WebAssembly, or needs what is switched off or too large.
        case refusedModule
        /// The system gives no thread or memory.
        case unavailable
    }
    package var code: Code
    /// What went wrong, where, and what to do.
    package var message: String

    package var description: String { message }
}
