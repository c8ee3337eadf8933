/// Why a guest was stopped by the machine.
package struct GuestTrap: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case unreachable, memoryOutOfBounds, stackOverflow, divisionByZero, integerOverflow, badConversion
        case tableOutOfBounds, indirectCallToNull, badSignature
        /// A host call with arguments that make no sense; the message names the call.
        case hostCallMisuse
        /// `proc_exit` with another status than 0.
        case exited
        case other
    }
    package var kind: Kind
    /// What happened and where, with the guest's backtrace; cut at 4 KiB.
    package var message: String

    package init(kind: Kind, message: String) {
        self.kind = kind
        self.message = message
    }
}

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
