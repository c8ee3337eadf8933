internal import Embedded
internal import Foundation
internal import MeshCore
internal import Synchronization

/// A process of the mesh that should run: started, and started again when it has ended, under a new name each time.
final class ProcessSlot: Sendable {
    enum Role: String, Sendable { case worker, router, relay, egress }

    /// How a process came to its end.
    struct Ending: Sendable {
        var name: String
        var how: String
        /// True where nobody asked for it.
        var isOwn: Bool
        /// True where a signal did it that we didn't send.
        var isCrash: Bool
    }

    struct Recipe: Sendable {
        var program: String
        var arguments: @Sendable (_ name: String) -> [String]
        var environment: [String: String]
        var directory: String
        var log: String
    }

    private struct State {
        var child: ChildProcess?
        var generation = 0
        var isWanted = false
        var isFrozen = false
        /// Frozen until the round is over.
        var isStranded = false
        /// True between our signal and its end.
        var isExpected = false
        var notBefore = ContinuousClock.now
    }

    let role: Role
    let number: Int
    private let recipe: Recipe
    private let state = Mutex(State())

    init(_ role: Role, _ number: Int, _ recipe: Recipe) {
        self.role = role
        self.number = number
        self.recipe = recipe
    }

    var name: String { "\(role.rawValue)-\(number)" }
    var pid: Int32? { state.withLock { $0.child.flatMap { $0.isRunning ? $0.pid : nil } } }
    var isWanted: Bool { state.withLock { $0.isWanted } }
    var isFrozen: Bool { state.withLock { $0.isFrozen } }
    var isStranded: Bool { state.withLock { $0.isStranded } }
    var log: String { recipe.log }

    /// Wants it to run, from now on.
    func want() { state.withLock { $0.isWanted = true } }

    /// Starts it when it should run and doesn't; tells how the former one came to its end.
    func supervise() throws -> Ending? {
        try state.withLock { state in
            var ending: Ending?
            if let child = state.child, let how = child.ending {
                let isSignal = how.hasPrefix("signal")
                ending = Ending(
                    name: "\(name).\(state.generation)", how: how, isOwn: !state.isExpected,
                    isCrash: isSignal && !state.isExpected)
                state.child = nil
                state.isExpected = false
                state.isFrozen = false
                state.isStranded = false
                // One that ends by itself at once shouldn't be all that the machine does.
                if ending?.isOwn == true { state.notBefore = max(state.notBefore, .now + .milliseconds(500)) }
            }
            guard state.isWanted, state.child == nil, ContinuousClock.now >= state.notBefore else { return ending }
            state.generation += 1
            state.child = try ChildProcess(
                .init(
                    executable: recipe.program, arguments: recipe.arguments("\(name).\(state.generation)"),
                    environment: recipe.environment, directory: recipe.directory, log: recipe.log))
            return ending
        }
    }

    /// SIGKILL; the next one comes after `hold`.
    func kill(hold: Duration) {
        state.withLock { state in
            guard let child = state.child, child.isRunning else { return }
            state.isExpected = true
            state.notBefore = .now + hold
            child.signal(SIGKILL)
        }
    }

    /// SIGSTOP; `isStranded`: until `rescue`, whatever thaws others.
    func freeze(isStranded: Bool = false) {
        state.withLock { state in
            guard let child = state.child, child.isRunning else { return }
            state.isFrozen = true
            state.isStranded = isStranded
            child.signal(SIGSTOP)
        }
    }

    func thaw() {
        state.withLock { state in
            guard state.isFrozen, !state.isStranded else { return }
            state.isFrozen = false
            state.child?.signal(SIGCONT)
        }
    }

    /// Wakes up one that was stranded.
    func rescue() {
        state.withLock { $0.isStranded = false }
        thaw()
    }

    /// SIGTERM; where `isOver`, there will be none after it.
    func terminate(isOver: Bool) {
        state.withLock { state in
            if isOver { state.isWanted = false }
            guard let child = state.child, child.isRunning else { return }
            state.isExpected = true
            child.signal(SIGTERM)
        }
    }

    /// Waits, at most `limit`, until the process that ran when this was called has ended; kills it then.
    func awaitEnd(of pid: Int32, within limit: Duration) async -> Bool {
        let deadline = ContinuousClock.now + limit
        while self.pid == pid {
            guard ContinuousClock.now < deadline else {
                kill(hold: .zero)
                return false
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return true
    }
}
