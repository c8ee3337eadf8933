extension GuestTrap.Kind {
    /// From Wasmtime's number, nil for a trap that a host function raised.
    init(code: UInt8?) {
        self =
            switch code {
            case 0: .stackOverflow
            case 1: .memoryOutOfBounds
            case 3: .tableOutOfBounds
            case 4, 13: .indirectCallToNull
            case 5: .badSignature
            case 6: .integerOverflow
            case 7: .divisionByZero
            case 8: .badConversion
            case 9: .unreachable
            default: .other
            }
    }
}
