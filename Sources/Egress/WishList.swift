import MeshCore
import Synchronization

/// Grants that were missing where nothing wants one (`wasmesh dev`): each is told once.
package final class WishList: Sendable {
    private static let longest = 1000
    private let told = Mutex<Set<String>>([])

    package init() {}

    /// - Parameter grant: as `wasmesh grants add` takes it.
    func add(_ grant: String) {
        let isNew = told.withLock { $0.count < WishList.longest && $0.insert(grant).inserted }
        if isNew { Log("egress").info("elsewhere this wants a grant: wasmesh grants add \(grant)") }
    }
}
