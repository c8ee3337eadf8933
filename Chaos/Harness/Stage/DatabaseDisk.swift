internal import Foundation
internal import Synchronization

/// A file system of its own for the database, in a file: it can be full, and it can stand still.
///
/// Needs root (mount, fsfreeze). Without it the database lies in a plain folder, and the faults of the disk are left out.
final class DatabaseDisk: Sendable {
    let directory: String
    /// Why there is none; nil where there is one.
    let absence: String?
    private let image: String
    private let isFrozen = Mutex(false)

    private var ballast: String { directory + "/ballast" }

    /// Mounts a new file system of `megabytes` at `directory`, which is made; without a size only the folder.
    static func make(at directory: String, megabytes: Int?) async throws -> DatabaseDisk {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let image = directory + ".img"
        guard let megabytes else { return DatabaseDisk(directory, image, absence: "a plain folder was asked for") }
        guard getuid() == 0 else { return DatabaseDisk(directory, image, absence: "only root may mount a file system") }
        do {
            try await Program.check(["truncate", "-s", "\(megabytes)M", image])
            try await Program.check(["/usr/sbin/mkfs.ext4", "-q", "-F", "-m", "0", image])
            try await Program.check(["mount", "-o", "loop", image, directory])
            return DatabaseDisk(directory, image, absence: nil)
        } catch {
            try? FileManager.default.removeItem(atPath: image)
            return DatabaseDisk(directory, image, absence: "\(error)")
        }
    }

    private init(_ directory: String, _ image: String, absence: String?) {
        self.directory = directory
        self.image = image
        self.absence = absence
    }

    /// Takes all room but `rest` bytes.
    func fill(leaving rest: Int) async throws {
        let attributes = try FileManager.default.attributesOfFileSystem(forPath: directory)
        let free = (attributes[.systemFreeSize] as? NSNumber)?.intValue ?? 0
        guard free > rest else { return }
        try await Program.check(["fallocate", "-l", String(free - rest), ballast])
    }

    /// Gives the room back.
    func empty() { try? FileManager.default.removeItem(atPath: ballast) }

    /// Lets everything that writes wait, until `thaw`.
    func freeze() async throws {
        try await Program.check(["/usr/sbin/fsfreeze", "--freeze", directory])
        isFrozen.withLock { $0 = true }
    }

    func thaw() async throws {
        guard isFrozen.withLock({ $0 }) else { return }
        try await Program.check(["/usr/sbin/fsfreeze", "--unfreeze", directory])
        isFrozen.withLock { $0 = false }
    }

    /// Unmounts it, and forgets what was in it.
    func remove() async {
        try? await thaw()
        guard absence == nil else { return }
        _ = try? await Program.run(["umount", "--lazy", directory])
        try? FileManager.default.removeItem(atPath: image)
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Unmounts what runs that were killed left in `folder`; with `isOwn`, what this process has there, for its sudden end.
    static func removeLeftovers(in folder: String, isOwn: Bool = false) async {
        let mounts = (try? String(contentsOfFile: "/proc/self/mounts", encoding: .utf8)) ?? ""
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 1, fields[1].hasPrefix(folder + "/") else { continue }
            // Its run's name ends with the id of the process that made it.
            let run = fields[1].dropFirst(folder.count + 1).prefix { $0 != "/" }
            guard let owner = run.split(separator: "-").last.flatMap({ Int32($0) }) else { continue }
            guard isOwn ? owner == getpid() : kill(owner, 0) != 0 else { continue }
            _ = try? await Program.run(["/usr/sbin/fsfreeze", "--unfreeze", String(fields[1])])
            _ = try? await Program.run(["umount", "--lazy", String(fields[1])])
        }
    }
}
