import Foundation

/// A directory of a test's own, gone afterwards.
final class TemporaryDirectory: Sendable {
    let path = "\(NSTemporaryDirectory())/wasmesh-test-\(UUID().uuidString)"

    init() { mkdir(path, 0o700) }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Whether this process may mount, which the test of a full disk needs.
    static let canMount: Bool = {
        let directory = TemporaryDirectory()
        guard mount("tmpfs", directory.path, "tmpfs", 0, "size=8k") == 0 else { return false }
        umount(directory.path)
        return true
    }()
}
