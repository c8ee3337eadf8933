import CWasmtime

/// Which Wasmtime the process was started with.
enum WasmtimeVersion {
    /// The C API has no function that tells the version, but what it compiles begins a section with a 0, the length of the major
    /// version, and the major version; the C API changes with major versions only.
    static func check(_ engine: OpaquePointer) throws(WasmError) {
        let empty: [UInt8] = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]
        var module: OpaquePointer?
        if let error = wasmtime_module_new(engine, empty, empty.count, &module) {
            throw wrongLibrary("it refuses an empty module: \(WasmtimeFailure.text(taking: error))")
        }
        guard let module else { throw wrongLibrary("it makes no module of an empty one") }
        defer { wasmtime_module_delete(module) }
        let major = Array(WASMESH_WASMTIME_MAJOR.utf8)
        let wanted = [0, UInt8(major.count)] + major
        let isWanted: Bool
        do throws(WasmError) {
            isWanted = try EngineLane.withSerialized(module) { UnsafeRawBufferPointer($0).contains(sequence: wanted) }
        } catch {
            throw wrongLibrary("it can't store compiled code: \(error.message)")
        }
        guard isWanted else { throw wrongLibrary("it is another version") }
    }

    private static func wrongLibrary(_ reason: String) -> WasmError {
        WasmError(
            code: .wrongLibrary,
            message: """
                libwasmtime.so isn't the Wasmtime \(WASMESH_WASMTIME_VERSION) that this program was built for: \(reason). \
                Run Scripts/bootstrap, or install the library that came with this program beside it.
                """)
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func contains(sequence wanted: [UInt8]) -> Bool {
        guard count >= wanted.count else { return false }
        return (0...(count - wanted.count)).contains { start in
            self[start] == wanted[0] && self[start..<(start + wanted.count)].elementsEqual(wanted)
        }
    }
}
