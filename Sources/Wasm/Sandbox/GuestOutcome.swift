import MeshCore

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
    /// A workflow's code waits for something that hasn't happened.
    case suspended
    /// The owner of a workflow ended its run (`WorkflowDecision.stop`).
    case stopped(String)
}

extension GuestOutcome {
    /// What a guest said with `fail`, as JSON; bad output where it isn't an error.
    static func failure(_ text: [UInt8]) -> GuestOutcome {
        guard let members = JSONMembers(text) else { return .badOutput("fail: the error isn't a JSON object.") }
        guard let code = members.string("code"), (1...100).contains(code.utf8.count),
            let message = members.string("message")
        else {
            return .badOutput(
                "fail: the error must have a `code` (a string of at most 100 bytes) and a `message` (a string).")
        }
        let retryable = members.raw("retryable") ?? "false"
        guard retryable == "true" || retryable == "false" else {
            return .badOutput("fail: `retryable` must be true or false.")
        }
        let details = members.raw("details")
        let named = members.string("class")
        guard let errorClass = ErrorCode(rawValue: named ?? ErrorCode.failedPrecondition.rawValue) else {
            return .badOutput("fail: `class` must be one of the mesh's codes, not \(named ?? "that").")
        }
        return .failed(
            GuestFailure(
                code: code, message: message, details: details == "null" ? nil : details,
                retryable: retryable == "true",
                errorClass: errorClass))
    }
}
