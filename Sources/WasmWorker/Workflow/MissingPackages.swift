import Synchronization

/// Packages that workflows want to run on and that aren't loaded; the worker fetches them.
final class MissingPackages: Sendable {
    private let digests = Mutex<Set<String>>([])

    func insert(_ digest: String) { _ = digests.withLock { $0.insert(digest) } }

    /// Those that were asked for since the last call.
    func take() -> Set<String> {
        digests.withLock { digests in
            defer { digests = [] }
            return digests
        }
    }
}
