/// What the sandbox asks its owner while a guest runs.
///
/// Called on the thread that runs the guest, in the middle of a host call: answer from memory, never wait. The time it takes
/// counts as the guest's.
package protocol GuestHost {
    /// A configuration value of the service, nil where there is none.
    func configuration(_ name: String) -> String?
    /// Whether `state` is an object of the service's `@state` type. Its size has been checked.
    func checkState(_ state: [UInt8]) -> StateDecision
    /// Whether the service may publish `event` with `data`.
    func checkEmit(event: String, data: [UInt8]) -> MessageDecision
    /// Whether the service may call `target` with `data`; `key` is nil where the method's rule decides.
    func checkSend(target: String, key: String?, data: [UInt8]) -> MessageDecision
}

/// The answer to a `state_set`.
package enum StateDecision: Sendable, Equatable {
    case accepted
    /// Not of the declared type; the guest reads the reason with `last_error`.
    case invalid(String)
}

/// The answer to an `emit` or a `send`.
package enum MessageDecision: Sendable, Equatable {
    /// Buffered under `key`. `tag` is the owner's own, handed back in `GuestMessage.tag` (its index of the event or method).
    case accepted(key: String?, tag: Int)
    /// Not declared, not known, or not permitted.
    case denied(String)
    /// Not of the declared type.
    case invalid(String)
}
