import CSystem
import Glibc
import Synchronization

/// Compiles and runs guests: one per process, shared by all threads.
///
/// Its processors have a lane each. One engine for all of them gives an instance the memory that the last one has left, whose cache lines are at hand where
/// that ran, behind locks that all take; executions on two processors took up to twice the time of one alone (docs/performance).
package final class WasmEngine: Sendable {
    package let configuration: Configuration
    let cache: CodeCache?
    /// What compiles, and runs whatever isn't run often.
    let first: EngineLane
    private let others: [Lazy]

    /// A lane that is made when a processor first has reason to use it.
    private final class Lazy: Sendable {
        let lane = Mutex<EngineLane?>(nil)
    }

    package init(_ configuration: Configuration = Configuration()) throws(WasmError) {
        self.configuration = configuration
        first = try EngineLane(configuration)
        others = (1..<max(1, configuration.lanes)).map { _ in Lazy() }
        cache = configuration.cacheDirectory.map {
            CodeCache(directory: $0, fingerprint: configuration.codeFingerprint)
        }
    }

    /// The lane of this number, below `configuration.lanes`; nil where the system has no room for it.
    func lane(_ number: Int) -> EngineLane? {
        guard number > 0 else { return first }
        return others[number - 1].lane.withLock { lane in
            if lane == nil { lane = try? EngineLane(configuration) }
            return lane
        }
    }

    /// The number of the lane for the processor that asks.
    var currentLane: Int { configuration.lanes > 1 ? Int(max(0, sched_getcpu())) % configuration.lanes : 0 }
}
