/// The type of a value on WebAssembly's stack.
package enum WasmValueType: UInt8, Sendable {
    case i32 = 0x7F
    case i64 = 0x7E
    case f32 = 0x7D
    case f64 = 0x7C
    case v128 = 0x7B
    case funcref = 0x70
    case externref = 0x6F
}

/// The type of a function, written `(i32, i32) -> i32`.
package struct WasmFunctionType: Sendable, Equatable, CustomStringConvertible {
    package var parameters: [WasmValueType]
    package var results: [WasmValueType]

    package init(_ parameters: [WasmValueType], _ results: [WasmValueType]) {
        self.parameters = parameters
        self.results = results
    }

    package var description: String {
        let result = results.count == 1 ? "\(results[0])" : "(\(WasmFunctionType.list(results)))"
        return "(\(WasmFunctionType.list(parameters))) -> \(result)"
    }

    private static func list(_ types: [WasmValueType]) -> String { types.map { "\($0)" }.joined(separator: ", ") }
}

/// The type of something a module imports or exports.
package enum WasmExternType: Sendable, Equatable, CustomStringConvertible {
    case function(WasmFunctionType)
    case table(WasmLimits)
    case memory(WasmLimits)
    case global
    case tag

    package var description: String {
        switch self {
        case .function(let type): "a function \(type)"
        case .table: "a table"
        case .memory(let limits): limits.is64 ? "a 64-bit memory" : limits.isShared ? "a shared memory" : "a memory"
        case .global: "a global"
        case .tag: "a tag"
        }
    }
}

/// The least and the greatest size of a memory (in pages of 64 KiB) or of a table (in elements).
package struct WasmLimits: Sendable, Equatable {
    package var minimum: UInt64
    package var maximum: UInt64?
    package var isShared = false
    package var is64 = false

    package init(minimum: UInt64, maximum: UInt64?, isShared: Bool = false, is64: Bool = false) {
        self.minimum = minimum
        self.maximum = maximum
        self.isShared = isShared
        self.is64 = is64
    }
}
