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
        do throws(GuestFailure.Unreadable) {
            return .failed(try GuestFailure(json: text))
        } catch {
            return .badOutput("fail: \(error.reason).")
        }
    }
}
