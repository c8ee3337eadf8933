/// Grows with its first type.
enum WasmWorkerModule {}
