/// One finished execution: how it ended and what it logged.
package struct GuestRun: Sendable {
    package var outcome: GuestOutcome
    package var logs: [GuestLogLine]
    /// Log bytes that were dropped at the limit.
    package var droppedLogBytes: Int
    /// The guest's linear memory at its end.
    package var memoryBytes: Int
}

/// A line of a guest's log.
package struct GuestLogLine: Sendable, Equatable {
    package enum Level: Int32, Sendable { case debug = 0, info, warning, error }
    package var level: Level
    package var text: String

    package init(level: Level, text: String) {
        self.level = level
        self.text = text
    }
}

/// How an execution ended. Only `completed` has effects.
package enum GuestOutcome: Sendable, Equatable {
    /// The guest returned 0.
    case completed(GuestEffects)
    /// The guest said `fail`.
    case failed(GuestFailure)
    case trapped(GuestTrap)
    /// It used up its CPU time.
    case deadlineExceeded(String)
    /// It trapped, or could not take the message, with its memory at the cap.
    case memoryExceeded(String)
    /// It broke the ABI or a limit on what it hands out: its answer is too large, it returned 7.
    case badOutput(String)
    /// The host could not start it: no free instance, or the module can't be instantiated. Not the message's fault: retry.
    case unavailable(String)
}

/// What a completed execution wants to take place; nothing of it has yet.
package struct GuestEffects: Sendable, Equatable {
    /// The answer, nil where the guest gave none (`Void`). Not yet checked against the schema.
    package var reply: [UInt8]?
    package var state: StateChange
    /// In the order of the calls.
    package var messages: [GuestMessage]

    package init(reply: [UInt8]?, state: StateChange, messages: [GuestMessage]) {
        self.reply = reply
        self.state = state
        self.messages = messages
    }
}

/// What an execution did to the state of its key.
package enum StateChange: Sendable, Equatable {
    case unchanged
    case set([UInt8])
    case deleted
}

/// A message that a guest emitted or sent.
package struct GuestMessage: Sendable, Equatable {
    package enum Kind: Sendable { case emit, send }
    package var kind: Kind
    /// The event's name, or the target `namespace.Service/method`.
    package var name: String
    /// As the host's `MessageDecision` gave it.
    package var key: String?
    package var tag: Int
    package var data: [UInt8]

    package init(kind: Kind, name: String, key: String?, tag: Int, data: [UInt8]) {
        self.kind = kind
        self.name = name
        self.key = key
        self.tag = tag
        self.data = data
    }
}

/// The error that a guest reported with `fail`.
package struct GuestFailure: Sendable, Equatable {
    /// The guest's own code, `OUT_OF_STOCK`.
    package var code: String
    package var message: String
    /// JSON text, byte for byte.
    package var details: String?
    package var retryable: Bool

    package init(code: String, message: String, details: String?, retryable: Bool) {
        self.code = code
        self.message = message
        self.details = details
        self.retryable = retryable
    }
}

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
