package import Foundation
import Synchronization

/// The tools that one piece of work has started, so that they end with it.
///
/// Foundation puts each into a process group of its own, which a terminal's Ctrl-C doesn't reach.
package final class ToolKeeper: Sendable {
    /// That of the work on this thread.
    @TaskLocal static var current: ToolKeeper?

    /// How long a tool may take to end the ones that it has started itself.
    private static let patience = Duration.seconds(3)
    /// The groups of all keepers, for who ends the process.
    private static let all = Mutex<Set<pid_t>>([])

    private struct State {
        var isEnded = false
        var groups: Set<pid_t> = []
    }

    private let state = Mutex(State())

    package init() {}

    /// True once nothing is started any more.
    var isEnded: Bool { state.withLock { $0.isEnded } }

    /// Starts a tool; throws `CancellationError` after `end`.
    package func start(_ process: Process) throws {
        try state.withLock { state in
            if state.isEnded { throw CancellationError() }
            try process.run()
            let group = process.processIdentifier
            state.groups.insert(group)
            _ = ToolKeeper.all.withLock { $0.insert(group) }
        }
    }

    /// Strikes a tool off that has ended by itself, or was made to: then nobody needs what is left of its group.
    package func ended(_ process: Process) {
        let group = process.processIdentifier
        state.withLock { state in
            state.groups.remove(group)
            if state.isEnded { kill(-group, SIGKILL) }
        }
        _ = ToolKeeper.all.withLock { $0.remove(group) }
    }

    /// Asks the tools to end, as Ctrl-C would, and after a while makes them. Doesn't wait for it.
    package func end() {
        let groups = state.withLock { state in
            state.isEnded = true
            return state.groups
        }
        for group in groups { kill(-group, SIGINT) }
        if groups.isEmpty { return }
        Thread.detachNewThread { [self] in
            Thread.sleep(forTimeInterval: ToolKeeper.patience / .seconds(1))
            state.withLock { state in for group in state.groups { kill(-group, SIGKILL) } }
        }
    }

    /// Ends all tools of this process without waiting, for who ends it.
    package static func killAll() { all.withLock { for group in $0 { kill(-group, SIGKILL) } } }
}
