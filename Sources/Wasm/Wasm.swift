/// Grows with its first type.
enum WasmModule {}
