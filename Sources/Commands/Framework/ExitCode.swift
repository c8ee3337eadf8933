/// What the process tells its caller; documented in `docs/commands.md`.
package enum ExitCode: Int32, Sendable, CaseIterable {
    /// The command did what it was asked.
    case success = 0
    /// It tried and failed: a handler's error, a schema with errors, a build that does not compile.
    case failure = 1
    /// The command line or the configuration is wrong; nothing was tried.
    case usage = 2
    /// The router, Kafka or Postgres cannot be reached.
    case unreachable = 3
    /// Reached, and refused: a conflict, a missing permission, an incompatible schema, a precondition that doesn't hold.
    case refused = 4
    /// Ended by Ctrl-C.
    case interrupted = 130
    /// Ended by SIGTERM.
    case terminated = 143

    /// What `wasmesh help` says about it.
    package var meaning: String {
        switch self {
        case .success: "ok"
        case .failure: "it failed"
        case .usage: "the command line or the configuration is wrong"
        case .unreachable: "the router, Kafka or Postgres cannot be reached"
        case .refused: "refused: a conflict, a permission, an incompatible schema"
        case .interrupted, .terminated: "ended at once by Ctrl-C, or by SIGTERM"
        }
    }

    /// How `wasmesh help` names it: what a signal ends has 128 and the signal's number.
    package var label: String { self == .interrupted ? "130, 143" : String(rawValue) }
}
